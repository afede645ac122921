"""A sheet of lines over the step screen."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.screen import ModalScreen
from textual.widgets import Static


class SheetScreen(ModalScreen[None]):
    """Lines to be read and scrolled; Esc gives the step screen back as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p,o,G", "dismiss", "Close", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Lay out the lines."""
        with ScrollableContainer(id="sheet", classes="pane") as pane:
            pane.border_title = self._title
            pane.border_subtitle = "Esc closes"
            yield Static("\n".join(self._lines), markup=False, id="sheet-lines")
