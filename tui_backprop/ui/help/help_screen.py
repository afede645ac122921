"""All keys of a screen, with what they do."""

from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

HelpRow = tuple[str, str]


def help_rows(screen: Screen[object]) -> list[HelpRow]:
    """Return each key of a screen, and what it does."""
    # A dict: one binding may stand for several keys. Those that wait while a field is edited
    # are told too, so not the active bindings.
    rows = {
        binding.action: (screen.app.get_key_display(binding), binding.tooltip)
        for _, bindings in screen._modal_binding_chain
        for _, binding in bindings
        if binding.tooltip
    }
    return list(rows.values())


class HelpScreen(ModalScreen[None]):
    """A list of keys over the screen it explains."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter,space", "dismiss", "Close", show=False),
    ]

    def __init__(self, rows: list[HelpRow], notes: str) -> None:
        super().__init__()
        self._rows = rows
        self._notes = notes

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        table = Table.grid(padding=(0, 2))
        for key, text in self._rows:
            table.add_row(key, text)
        with VerticalScroll(id="help", classes="pane") as pane:
            pane.border_title = "Keys"
            pane.border_subtitle = "Esc closes"
            yield Static(table)
            yield Static(self._notes, markup=False, id="help-notes")
