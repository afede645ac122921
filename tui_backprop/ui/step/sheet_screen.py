"""A sheet over the step screen, walked by the arrows."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.matrix_window import panned
from tui_backprop.ui.step.sheet import Sheet
from tui_backprop.walkthrough.target import Target

_FRAME = 4
_SIDEWAYS = 8
_HERE, _HEADING = Style(reverse=True, bold=True), Style(dim=True, italic=True)


class SheetView(PaintedWidget):
    """The rows of a sheet around the one that the cursor is on, below its heading."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(id="sheet", classes="pane")
        self.opened: list[tuple[Sheet, int]] = []
        self._first_row = 0
        self.open(sheet)

    @property
    def sheet(self) -> Sheet:
        """The sheet that is open, on top of those it was opened from."""
        return self.opened[-1][0]

    @property
    def cursor(self) -> int:
        """The row that the arrows are at."""
        return self.opened[-1][1]

    def open(self, sheet: Sheet) -> None:
        """Open a sheet on top of what is open."""
        self.opened.append((sheet, sheet.first))
        self._first_column = 0
        self.move(0)

    def go_back(self) -> None:
        """Show the sheet below again, where it was left."""
        self.opened.pop()
        self._first_column = 0
        self.move(0)

    def move(self, rows: int) -> None:
        """Go so many of the rows on that can be entered; scroll where there are none."""
        sheet, cursor = self.opened[-1]
        stops = [at for at, row in enumerate(sheet.rows) if row.can_be_entered] or [
            *range(len(sheet.rows))
        ]
        here = min(range(len(stops)), key=lambda at: abs(stops[at] - cursor), default=0)
        if stops:
            here = min(max(0, here + rows), len(stops) - 1)
            self.opened[-1] = sheet, stops[here]
        self._fit()
        self.border_title = Content(sheet.title)
        back = "back" if len(self.opened) > 1 else "closes"
        self.border_subtitle = f"↑↓ walk, Enter opens, Esc {back}"
        self.repaint_changes()

    def move_sideways(self, columns: int) -> None:
        """Bring what is cut off into sight."""
        longest = max(map(cell_len, [self.sheet.heading, *self.sheet.lines]))
        most = max(0, longest - self.size.width)
        self._first_column = min(max(0, self._first_column + columns * _SIDEWAYS), most)
        self.repaint_changes()

    def say(self, news: str) -> None:
        """Show a line of news until the next key."""
        self.border_subtitle = news

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the heading, and the rows around the cursor."""
        sheet, cursor = self.opened[-1]
        room, count = max(1, height - 1), len(sheet.rows)
        can_be_entered = [at for at, row in enumerate(sheet.rows) if row.can_be_entered]
        # What stands before the first row to stop at, or behind the last, comes into sight too.
        wanted = cursor
        if can_be_entered and cursor == can_be_entered[0]:
            wanted = max(0, cursor - room + 1)
        elif can_be_entered and cursor == can_be_entered[-1]:
            wanted = min(count - 1, cursor + room - 1)
        self._first_row = panned(self._first_row, room, count, wanted)
        lines = [Strip([Segment(sheet.heading[self._first_column :][:width], _HEADING)])]
        for at, row in enumerate(sheet.rows[self._first_row :][:room], self._first_row):
            style = _HERE if at == cursor and row.can_be_entered else Style.null()
            text = row.text[self._first_column :][:width]
            lines.append(Strip([Segment(text.ljust(width) if style else text, style)]))
        return lines

    def _fit(self) -> None:
        """Be as large as what is shown, as far as the terminal goes."""
        sheet = self.sheet
        texts = [sheet.heading, *sheet.lines, f"{sheet.title}  ", " " * 40]
        self.styles.width = max(map(cell_len, texts)) + _FRAME
        self.styles.height = len(sheet.rows) + 3


class SheetScreen(ModalScreen[Target | None]):
    """A sheet to be walked; its result is where to go, None when it is closed by Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Row", show=False),
        Binding("down", "move(1)", "Row", show=False),
        Binding("pageup", "move(-10)", "Page", show=False),
        Binding("pagedown", "move(10)", "Page", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("left", "sideways(-1)", "Left", show=False),
        Binding("right", "sideways(1)", "Right", show=False),
        Binding("enter", "enter", "Open", show=False),
        Binding("escape,backspace", "back", "Back", show=False),
        Binding("q,p,o,G", "dismiss", "Close", show=False),
    ]

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self._view = SheetView(sheet)

    def compose(self) -> ComposeResult:
        """Lay out the sheet."""
        yield self._view

    def action_move(self, rows: int) -> None:
        """Walk the rows."""
        self._view.move(rows)

    def action_sideways(self, columns: int) -> None:
        """Show what is further to a side."""
        self._view.move_sideways(columns)

    def action_enter(self) -> None:
        """Open the row's own sheet, or go where it leads."""
        if not self._view.sheet.rows:
            return
        row = self._view.sheet.rows[self._view.cursor]
        if row.opens is not None:
            self._view.open(row.opens())
        elif row.leads_to is not None:
            self.dismiss(row.leads_to)
        else:
            self._view.say(row.says)

    def action_back(self) -> None:
        """Close the sheet that is on top."""
        if len(self._view.opened) > 1:
            self._view.go_back()
        else:
            self.dismiss(None)
