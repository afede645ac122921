"""How fast training may go at most."""

from tui_backprop.session.stopwatch import Clock


class SpeedLimit:
    """Says when the next iteration is due.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_due = 0.0
        self.per_second: float | None = None

    def change(self, per_second: float | None) -> None:
        """Allow so many iterations a second; None is full speed."""
        self.per_second = per_second
        self.begin()

    def begin(self) -> None:
        """Let the next iteration be due at once."""
        self._next_due = self._clock()

    def take_turn(self) -> bool:
        """Return whether an iteration is due, and if so count from it to the next one."""
        if self.per_second is None:
            return True
        now = self._clock()
        if now < self._next_due:
            return False
        self._next_due = max(self._next_due + 1 / self.per_second, now)
        return True

    @property
    def seconds_to_wait(self) -> float:
        """How long it is until the next iteration is due."""
        return 0.0 if self.per_second is None else max(0.0, self._next_due - self._clock())
