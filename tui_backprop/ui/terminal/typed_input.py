"""What has been typed and waits for the app: bounded, with the key that leaves always first."""

from collections import deque

from textual.events import InputEvent, Key, Paste
from textual.message import Message

LEAVE_KEY = "ctrl+q"

MOST_WAITING = 256
"""More keys than anybody types ahead; what a paste without brackets has beyond them is dropped."""


class TypedInput:
    """Keys, pastes and movements of the mouse in order, which the app takes a few at a time.

    `leaving` says whether nothing is taken in any more.
    """

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self.leaving = False

    @staticmethod
    def is_typed(event: Message) -> bool:
        """Whether an event comes from a person; the others are a terminal's answers."""
        return isinstance(event, InputEvent | Paste)

    def add(self, event: Message) -> None:
        """Take in an event; the key that leaves makes all others needless."""
        if self.leaving:
            return
        if isinstance(event, Key) and event.key == LEAVE_KEY:
            self.close()
            self._waiting.append(event)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(event)

    def close(self) -> None:
        """Let fall what waits, and all that comes."""
        self._waiting.clear()
        self.leaving = True

    def take(self, most: int) -> list[Message]:
        """Return the next events, at most so many."""
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
