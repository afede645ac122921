"""Plays the tape: one operation after the other, at a speed that can be changed."""

from collections.abc import Callable

from textual.dom import DOMNode
from textual.timer import Timer

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Operations per second."""

SECONDS = 1.0
"""How long a second of those is."""


class Player:
    """Calls `advance` on the owner's thread, at the chosen speed, while it plays."""

    def __init__(self, owner: DOMNode, advance: Callable[[], None]) -> None:
        self._owner = owner
        self._advance = advance
        self._timer: Timer | None = None
        self._speed = SPEEDS.index(1.0)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer is not None

    @property
    def speed(self) -> float:
        """Operations per second."""
        return SPEEDS[self._speed]

    def play(self) -> None:
        """Play from here on; the first operation is due in a while."""
        self.stop()
        self._timer = self._owner.set_interval(SECONDS / self.speed, self._advance)

    def stop(self) -> None:
        """Stop, if it plays."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def change_speed(self, steps: int) -> None:
        """Take a speed further up or down the list."""
        self._speed = min(max(0, self._speed + steps), len(SPEEDS) - 1)
        if self.playing:
            self.play()
