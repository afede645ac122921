"""A matrix as numbers with a heat tint: a window that pans, a cell cursor, a minimap."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.ui.step.numbers import CELL_WIDTH, cell_text
from tui_backprop.ui.widgets.painted_widget import PaintedWidget
from tui_backprop.ui.widgets.step.heat import HEAT_STEPS, heat_style
from tui_backprop.ui.widgets.step.matrix_window import (
    COLUMN_WIDTH,
    MAP_GAP,
    Layout,
    lay_out,
    panned,
)
from tui_backprop.walkthrough.summary import (
    ArraySummary,
    heat_levels,
    minimap,
    strongest_cell,
    summarize,
)
from tui_backprop.walkthrough.tape import NamedArray

_CURSOR = Style(reverse=True, bold=True)
_LIT = Style(underline=True, bold=True)
_INDEX = Style(dim=True)
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
        layout = self._layout()
        self._keep_cursor_in_sight()
        top, left = self._first
        window = self._rows[top : top + layout.rows, left : left + layout.columns]
        levels = heat_levels(window, HEAT_STEPS, self._largest)
        lines = [self._column_numbers(layout)]
        for y in range(window.shape[0]):
            segments = [self._row_number(top + y, layout)]
            for x in range(window.shape[1]):
                place = (top + y, left + x)
                style = heat_style(int(levels[y, x]))
                if place in self._lit:
                    style += _LIT
                if place == self._cursor and (self.has_focus or self._lit == frozenset()):
                    style += _CURSOR
                segments.append(Segment(f"{cell_text(float(window[y, x])):>{CELL_WIDTH}}", style))
                segments.append(Segment(" "))
            lines.append(Strip(segments))
        return self._with_map(lines, layout, height) if layout.map_columns else lines

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

    def _column_numbers(self, layout: Layout) -> Strip:
        numbers = range(self._first[1], self._first[1] + layout.columns)
        text = "".join(f"{number:>{CELL_WIDTH}} " for number in numbers)
        return Strip([Segment(" " * layout.index_width + text, _INDEX)])

    def _row_number(self, row: int, layout: Layout) -> Segment:
        width = layout.index_width
        return Segment(f"{row:>{width - 1}} " if width else "", _INDEX)

    def _with_map(self, lines: list[Strip], layout: Layout, height: int) -> list[Strip]:
        """Return the lines with the minimap at their right; brackets hold the part in sight."""
        rows, columns = self._rows.shape
        small = minimap(self._rows, min(height - 1, rows), layout.map_columns)
        levels = heat_levels(small, HEAT_STEPS, self._largest)
        map_rows, map_columns = small.shape
        top, left = self._first
        in_sight = {
            (y * map_rows // rows, x * map_columns // columns)
            for y in range(top, top + layout.rows)
            for x in range(left, left + layout.columns)
        }
        margin = self.size.width - map_columns
        result = []
        for number in range(max(len(lines), map_rows + 1)):
            line = lines[number] if number < len(lines) else Strip.blank(0)
            segments = [*line.adjust_cell_length(margin - MAP_GAP), Segment(" " * MAP_GAP)]
            if 1 <= number <= map_rows:
                segments += [
                    Segment(
                        "□" if (number - 1, x) in in_sight else "·",
                        heat_style(int(levels[number - 1, x])),
                    )
                    for x in range(map_columns)
                ]
            result.append(Strip(segments))
        return result

    def _write_summary(self) -> None:
        if self.named is None or self.named.array.ndim == 0:
            self.border_subtitle = ""
            return
        self.border_subtitle = summary_text(self._summary, self.size.width)


def summary_text(summary: ArraySummary, width: int) -> str:
    """Return an array's minimum, maximum, mean, norm and share of zeros, as far as they fit."""
    parts = [
        f"min {cell_text(summary.minimum)}",
        f"max {cell_text(summary.maximum)}",
        f"0: {summary.zero_share:.0%}",
        f"mean {cell_text(summary.mean)}",
        f"‖·‖ {cell_text(summary.norm)}",
    ]
    text = "  ".join(parts)
    while len(text) > width - 2 and len(parts) > 1:
        parts.pop()
        text = "  ".join(parts)
    return text


def as_matrix(array: Array) -> Array:
    """Return an array as a matrix: a vector as one row, a number as one cell."""
    return array if array.ndim == 2 else array.reshape(1, -1)


def as_cell(index: Index) -> tuple[int, int]:
    """Return an index as one of the matrix that `as_matrix` makes."""
    padded = (0, 0, *index)
    return padded[-2], padded[-1]
