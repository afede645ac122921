"""Plays the tape: one operation after the other, at a speed that can be changed."""

from collections.abc import Callable

from textual.dom import DOMNode
from textual.timer import Timer

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Operations per second."""


class Player:
    """Calls `advance` at the chosen speed while it plays, and says so through `say`."""

    def __init__(
        self, owner: DOMNode, advance: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self._owner = owner
        self._advance = advance
        self._say = say
        self._timer: Timer | None = None
        self._speed = SPEEDS.index(1.0)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer is not None

    def toggle(self) -> None:
        """Play, or stop."""
        if self.playing:
            self.stop()
        else:
            self._play()

    def stop(self) -> None:
        """Stop, if it plays."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._say("")

    def change_speed(self, steps: int) -> None:
        """Take a speed further up or down the list."""
        self._speed = min(max(0, self._speed + steps), len(SPEEDS) - 1)
        if self.playing:
            self.stop()
            self._play()
        else:
            self._say(f"plays at {SPEEDS[self._speed]:g} operations a second")

    def _play(self) -> None:
        speed = SPEEDS[self._speed]
        self._timer = self._owner.set_interval(1 / speed, self._advance)
        self._say(f"playing, {speed:g} operations a second: space stops")
