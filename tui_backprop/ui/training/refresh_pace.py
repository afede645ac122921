"""How often something is repainted at most."""

from tui_backprop.session.stopwatch import Clock


class RefreshPace:
    """Says, at most `per_second` times a second of `clock`, that a repaint is due."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._next = float("-inf")

    def is_due(self) -> bool:
        """Return whether it is time again, and if so begin to wait for the next time."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._interval
        return True
