"""How long training has run, how fast it goes, and how long what is left will take."""

from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds that only ever grow, as time.perf_counter does."""

_WINDOW = 2.0


class Stopwatch:
    """Counts the seconds between `start` and `stop`, and the recent rate of iterations.

    The rate is that of the last two seconds spent on iterations: neither a pause nor an evaluation
    lowers it. Evaluations are timed by themselves.

    Args:
        clock: seconds that only grow.
        elapsed: seconds that were counted before, in a run that goes on.
        iteration: iterations made until then.
    """

    def __init__(self, clock: Clock, elapsed: float = 0.0, iteration: int = 0) -> None:
        self._clock = clock
        self._total = elapsed
        self._started: float | None = None
        self._evaluated = 0.0
        self._evaluation_began: float | None = None
        self._last_evaluation = 0.0
        self._marks: deque[tuple[float, int]] = deque([(elapsed, iteration)])

    @property
    def elapsed(self) -> float:
        """Seconds counted so far."""
        running = self._clock() - self._started if self._started is not None else 0.0
        return self._total + running

    def start(self) -> None:
        """Count from now on."""
        if self._started is None:
            self._started = self._clock()

    def stop(self) -> None:
        """Stop counting."""
        self._total = self.elapsed
        self._started = None

    def note(self, *, evaluating: bool) -> None:
        """Note before each piece of work whether it is one of an evaluation."""
        if evaluating == (self._evaluation_began is not None):
            return
        if self._evaluation_began is None:
            self._evaluation_began = self.elapsed
        else:
            self._last_evaluation = self.elapsed - self._evaluation_began
            self._evaluated += self._last_evaluation
            self._evaluation_began = None

    def rate(self, iteration: int) -> float | None:
        """Return iterations per second, given how many were made until now."""
        now = self.elapsed - self._evaluated - self._seconds_in_evaluation
        while len(self._marks) > 1 and now - self._marks[1][0] >= _WINDOW:
            self._marks.popleft()
        then, before = self._marks[0]
        if iteration > self._marks[-1][1]:
            self._marks.append((now, iteration))
        return (iteration - before) / (now - then) if iteration > before and now > then else None

    def seconds_left(self, iteration: int, iterations: int, evaluations: int) -> float | None:
        """Return how long it will take to make so many more iterations and evaluations.

        An evaluation is taken to last as long as the last one did, and counts until it has ended.
        None until there is a rate.
        """
        rate = self.rate(iteration)
        if rate is None:
            return None
        done = min(self._seconds_in_evaluation, self._last_evaluation)
        return iterations / rate + evaluations * self._last_evaluation - done

    @property
    def _seconds_in_evaluation(self) -> float:
        began = self._evaluation_began
        return 0.0 if began is None else self.elapsed - began
