"""A matrix as numbers with a heat tint: a window that pans, a cell cursor, a minimap."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.ui.widgets.painted_widget import PaintedWidget
from tui_backprop.ui.widgets.step.matrix_painting import (
    NumberPainter,
    as_cell,
    as_matrix,
    heat_lines,
    summary_text,
)
from tui_backprop.ui.widgets.step.matrix_window import (
    COLUMN_WIDTH,
    Layout,
    lay_out,
    panned,
)
from tui_backprop.walkthrough.summary import (
    strongest_cell,
    summarize,
)
from tui_backprop.walkthrough.tape import NamedArray

_NUMBERS_OF_A_SCALAR = 12


class MatrixView(PaintedWidget, can_focus=True):
    """One array of an operation. Vectors lie in a row; a lone number is a matrix of one cell."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Cell", show=False),
        Binding("down", "move(1, 0)", "Cell", show=False),
        Binding("left", "move(0, -1)", "Cell", show=False),
        Binding("right", "move(0, 1)", "Cell", key_display="↑↓←→", tooltip="Move to another cell"),
        Binding("pageup", "page(-1, 0)", "Page", show=False),
        Binding("pagedown", "page(1, 0)", "Page", show=False),
        Binding("shift+left", "page(0, -1)", "Page", show=False),
        Binding("shift+right", "page(0, 1)", "Page", show=False),
        Binding("home", "move(-1000000, -1000000)", "First cell", show=False),
        Binding("end", "move(1000000, 1000000)", "Last cell", show=False),
    ]

    class CellChosen(Message):
        """The cursor moved to a cell (`opened`: and its derivation is asked for)."""

        def __init__(self, view: "MatrixView", index: Index, *, opened: bool) -> None:
            super().__init__()
            self.view = view
            self.index = index
            self.opened = opened

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes="pane matrix")
        self.named: NamedArray | None = None
        self._rows: Array = np.zeros((1, 1))
        self._summary = summarize(self._rows)
        self._largest = 0.0
        self._first = (0, 0)
        self._cursor = (0, 0)
        self._lit: frozenset[tuple[int, int]] = frozenset()
        self.as_heat = False

    def show(self, named: NamedArray, *, lit: frozenset[Index] = frozenset()) -> None:
        """Show an array, with some of its cells lit up."""
        if self.named is None or named.array is not self.named.array:
            self._rows = as_matrix(named.array)
            self._summary = summarize(named.array)
            self._largest = max(abs(self._summary.minimum), abs(self._summary.maximum))
            self._cursor = as_cell(strongest_cell(named.array))
        self.named = named
        self._lit = frozenset(map(as_cell, lit))
        self.border_title = f"{named.label} {shape_text(named.array.shape)}"
        self._write_summary()
        self.repaint_changes()

    def show_as_heat(self, as_heat: bool) -> None:
        """Show the whole matrix as tints, or its numbers, as many as fit."""
        self.as_heat = as_heat
        self.repaint_changes()

    def look_at(self, index: Index) -> None:
        """Move the cursor to a cell, and the cell into sight."""
        self._cursor = as_cell(index)
        self._keep_cursor_in_sight()
        self.repaint_changes()

    def look_at_row(self, row: int) -> None:
        """Move the cursor to the strongest cell of a row: a sample's, where rows are samples."""
        if row < self._rows.shape[0]:
            self.look_at((row, *strongest_cell(self._rows[row])))

    @property
    def index(self) -> Index:
        """The cursor's cell, as an index of the array."""
        ndim = 0 if self.named is None else self.named.array.ndim
        return self._cursor[2 - ndim :] if ndim else ()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the column numbers and the rows in sight, with the minimap beside them."""
        if self.named is None:
            return []
        if self.named.array.ndim == 0:
            return [Strip([Segment(f"{float(self.named.array):.{_NUMBERS_OF_A_SCALAR}g}")])]
        cursor = self._cursor if self.has_focus or not self._lit else None
        if self.as_heat:
            return heat_lines(self._rows, self._largest, self._cursor, width, height)
        self._keep_cursor_in_sight()
        painter = NumberPainter(self._rows, self._largest, self._layout(), self._first)
        return painter.lines(cursor, self._lit, width, height)

    def on_focus(self) -> None:
        """Show the cursor as the one that the arrows move."""
        self.repaint_changes()

    def on_blur(self) -> None:
        """Show that the arrows are the tape's again."""
        self.repaint_changes()

    def on_resize(self) -> None:
        """Compose for the new size."""
        self._write_summary()
        super().on_resize()

    def on_click(self, event: Click) -> None:
        """Choose the cell under the pointer; a second click opens its derivation."""
        offset = event.get_content_offset(self)
        if offset is None or self.named is None or self.named.array.ndim == 0:
            return
        if self.as_heat:
            return
        layout = self._layout()
        y, x = offset.y - 1, (offset.x - layout.index_width) // COLUMN_WIDTH
        if 0 <= y < layout.rows and 0 <= x < layout.columns and offset.x >= layout.index_width:
            again = self._cursor == (self._first[0] + y, self._first[1] + x)
            self._cursor = (self._first[0] + y, self._first[1] + x)
            self._chosen(opened=again)

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        row_count, column_count = self._rows.shape
        self._cursor = (
            min(max(0, self._cursor[0] + rows), row_count - 1),
            min(max(0, self._cursor[1] + columns), column_count - 1),
        )
        self._chosen(opened=False)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by as many cells as are in sight."""
        layout = self._layout()
        self.action_move(rows * layout.rows, columns * layout.columns)

    def _chosen(self, *, opened: bool) -> None:
        self._keep_cursor_in_sight()
        self.repaint_changes()
        self.post_message(self.CellChosen(self, self.index, opened=opened))

    def _layout(self) -> Layout:
        rows, columns = self._rows.shape
        return lay_out((rows, columns), self.size.width, self.size.height)

    def _keep_cursor_in_sight(self) -> None:
        layout = self._layout()
        rows, columns = self._rows.shape
        self._first = (
            panned(self._first[0], layout.rows, rows, self._cursor[0]),
            panned(self._first[1], layout.columns, columns, self._cursor[1]),
        )

    def _write_summary(self) -> None:
        if self.named is None or self.named.array.ndim == 0:
            self.border_subtitle = ""
            return
        self.border_subtitle = summary_text(self._summary, self.size.width)
