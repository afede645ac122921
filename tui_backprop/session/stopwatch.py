"""How long training has run, and how fast it goes."""

from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns seconds that only ever grow, as time.perf_counter does."""

_WINDOW = 2.0


class Stopwatch:
    """Counts the seconds between `start` and `stop`, and the recent rate of iterations.

    The rate is that of the last two seconds of training time, so a pause does not lower it.

    Args:
        clock: seconds that only grow.
        elapsed: seconds that were counted before, in a run that goes on.
        iteration: iterations made until then.
    """

    def __init__(self, clock: Clock, elapsed: float = 0.0, iteration: int = 0) -> None:
        self._clock = clock
        self._total = elapsed
        self._started: float | None = None
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

    def rate(self, iteration: int) -> float | None:
        """Return iterations per second, given how many were made until now."""
        now = self.elapsed
        while len(self._marks) > 1 and now - self._marks[1][0] >= _WINDOW:
            self._marks.popleft()
        then, before = self._marks[0]
        if iteration > self._marks[-1][1]:
            self._marks.append((now, iteration))
        return (iteration - before) / (now - then) if iteration > before and now > then else None
