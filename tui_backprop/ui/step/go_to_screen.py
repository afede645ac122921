"""Where to go on the tape, typed, with what can be typed completed."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input


class GoToScreen(ModalScreen[str]):
    """One line to type in; what was typed is the result, nothing when it is left by Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        suggester = SuggestFromList(self._words, case_sensitive=False)
        line = Input(placeholder="dW2, 11, dW1[3,1], sample 5", suggester=suggester, id="go-to")
        line.border_title = "Go to"
        yield line

    @on(Input.Submitted)
    def _go(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Go nowhere."""
        self.dismiss("")
