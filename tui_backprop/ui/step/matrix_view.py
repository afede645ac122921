"""A matrix as numbers with a heat tint: a window that pans, a cell cursor, a minimap."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.nn.words import cell_name
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.heat import COOL, CURSOR, WARM, Tints, tints
from tui_backprop.ui.step.matrix_painting import (
    NumberPainter,
    Place,
    heat_lines,
    summary_text,
)
from tui_backprop.ui.step.matrix_window import (
    COLUMN_WIDTH,
    Layout,
    centred,
    lay_out,
    needed_size,
    panned,
)
from tui_backprop.ui.step.numbers import cell_text, long_text, whole_text
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.summary import strongest_cell, summarize
from tui_backprop.walkthrough.tape import NamedArray

_FRAME = 4
_LEAST_WIDTH = 14
"""Of the numbers of a matrix, so that its least and largest can stand below it."""


class MatrixView(PaintedWidget, can_focus=True):
    """One array of an operation. A lone number is a matrix of one cell.

    Args:
        id: of the widget.
        upright: whether vectors stand in a column; they lie in a row otherwise.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {WARM, COOL, CURSOR}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Cell", show=False),
        Binding("down", "move(1, 0)", "Cell", show=False),
        Binding("left", "move(0, -1)", "Cell", show=False),
        Binding("right", "move(0, 1)", "Cell", key_display="↑↓←→", tooltip="Move to another cell"),
        Binding("pageup", "page(-1, 0)", "Page", show=False),
        Binding(
            "pagedown",
            "page(1, 0)",
            "Page of rows",
            key_display="pgup pgdn",
            show=False,
            tooltip="As many rows up or down as are in sight",
        ),
        Binding("shift+left", "page(0, -1)", "Page", show=False),
        Binding(
            "shift+right",
            "page(0, 1)",
            "Page of columns",
            key_display="⇧← →",
            show=False,
            tooltip="As many columns on or back as are in sight",
        ),
        Binding("home", "move(-1000000, -1000000)", "First", show=False, tooltip="First cell"),
        Binding("end", "move(1000000, 1000000)", "Last", show=False, tooltip="Last cell"),
    ]

    class CellChosen(Message):
        """The cursor moved to a cell of `named` (`opened`: and its derivation is asked for)."""

        def __init__(self, view: "MatrixView", index: Index, *, opened: bool) -> None:
            super().__init__()
            self.view = view
            self.named = view.named
            self.index = index
            self.opened = opened

    def __init__(self, *, id: str, upright: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes="pane matrix")
        self.named: NamedArray | None = None
        self.as_heat = False
        self._upright = upright
        self._rows: Array = np.zeros((1, 1))
        self._summary = summarize(self._rows)
        self._largest = 0.0
        self._first: Place = (0, 0)
        self._panned_by_hand = False
        self._cursor: Place = (0, 0)
        self._lit: frozenset[Place] = frozenset()
        self._is_marked = True
        self._title = ""

    def show(
        self,
        named: NamedArray,
        *,
        title: str = "",
        lit: frozenset[Index] = frozenset(),
        cursor: Index | None = None,
        marked: bool = True,
    ) -> None:
        """Show an array, with some of its cells lit up.

        The cursor goes to the cell `cursor`; without one, to the strongest of all if the array is
        another one than before. Unless it is `marked`, it shows only while the arrows move it.
        `title` is what it is called, if not by its label.
        """
        is_other = self.named is None or named.array is not self.named.array
        if is_other:
            self.named = named
            self._rows = np.zeros((1, 1)) if named.missing else self._as_rows(named.array)
            self._summary = summarize(self._rows) if not named.array.size else named.summary
            self._largest = max(abs(self._summary.minimum), abs(self._summary.maximum))
            if cursor is None and not named.missing:
                cursor = strongest_cell(named.array)
        self.named, self._title, self._is_marked = named, title or named.label, marked
        # What the arrows moved stays where it is.
        if (
            cursor is not None
            and not named.missing
            and (is_other or self._place(cursor) != self._cursor)
        ):
            self._cursor, self._panned_by_hand = self._place(cursor), False
        if named.missing:
            self._cursor = (0, 0)
        self._lit = frozenset(map(self._place, lit))
        self.repaint_changes()

    def show_as_heat(self, as_heat: bool) -> None:
        """Show the whole matrix as tints, or its numbers, as many as fit."""
        if as_heat is not self.as_heat:
            self.as_heat = as_heat
            self.repaint_changes()

    def look_at(self, index: Index) -> None:
        """Move the cursor to a cell, and the cell into sight: into the middle if it was out."""
        self._cursor = self._place(index)
        self._panned_by_hand = self._panned(self._layout(), by_hand=True) == self._first
        self.repaint_changes()

    @property
    def index(self) -> Index:
        """The cursor's cell, as an index of the array; the first where its numbers are not here."""
        return self._index(self._cursor)

    @property
    def needed(self) -> tuple[int, int]:
        """The columns and lines that all of the array takes, frame and all."""
        width, height = needed_size(self._rows.shape)
        least = max(_LEAST_WIDTH, cell_len(self._title) + 2)
        if self.named is not None and self.named.missing:
            return max(cell_len(self.named.missing), least) + _FRAME, 3
        if self.named is not None and not self.named.array.ndim:
            width, height = 0, 1
        return max(width, least) + _FRAME, height + 2

    def reading(self, width: int) -> str:
        """Return the number at the cursor, and as much of the array's summary as fits."""
        if self.named is None:
            return ""
        if self.named.missing:
            text = f"{self.named.label}: {self.named.missing}"
            if not self.named.left_out:
                return text
            return f"{text}   {summary_text(self._summary, width - cell_len(text) - 3)}"
        value = long_text(float(self._rows[self._cursor]))
        text = f"{cell_name(self.named.label, self.index)} = {value}"
        if not self.named.array.ndim:
            return text
        return f"{text}   {summary_text(self._summary, width - cell_len(text) - 3)}"

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the column numbers and the rows in sight, with the minimap beside them."""
        named = self.named
        if named is None:
            return []
        titles = (f"{self._title} {shape_text(named.array.shape)}", self._title)
        fitting = (title for title in titles if cell_len(title) <= width - 2)
        self.border_title = Content(next(fitting, named.label))
        has_summary = named.array.ndim and named.array.size
        self.border_subtitle = summary_text(self._summary, width - 2) if has_summary else ""
        if named.missing:
            return [Strip([Segment(named.missing, Style(italic=True))])]
        if named.array.ndim == 0:
            exact = str(named.array[()])
            text = exact if cell_len(exact) <= width else long_text(float(named.array))
            return [Strip([Segment(text)])]
        if self.as_heat:
            here = f"{cell_name(named.label, self.index)} = "
            cursor = self._cursor, self.style_of(CURSOR)
            return heat_lines(self._rows, self._largest, self._tints(), cursor, here, width, height)
        layout = self._layout()
        self._first = self._panned(layout)
        is_shown = self.has_focus or (self._is_marked and not self._lit)
        shown = self._cursor if is_shown else None
        write = cell_text if named.array.dtype.kind == "f" else whole_text
        painter = NumberPainter(
            self._rows, self._largest, layout, self._first, self._tints(), write
        )
        return painter.lines(shown, self._lit, width, height)

    def _tints(self) -> Tints:
        return tints(self.style_of(WARM), self.style_of(COOL), self.ground())

    def on_focus(self) -> None:
        """Show the cursor as the one that the arrows move."""
        self.repaint_changes()

    def on_blur(self) -> None:
        """Show that the arrows are the tape's again."""
        self.repaint_changes()

    def on_click(self, event: Click) -> None:
        """Choose the cell under the pointer; a second click opens its derivation."""
        offset = event.get_content_offset(self)
        if offset is None or self.named is None or self.named.missing or self.as_heat:
            return
        if self.named.array.ndim == 0:
            self._chosen(opened=True)
            return
        layout = self._layout()
        y, x = offset.y - 1, (offset.x - layout.index_width) // COLUMN_WIDTH
        if 0 <= y < layout.rows and 0 <= x < layout.columns:
            here = (self._first[0] + y, self._first[1] + x)
            again = self._cursor == here
            self._cursor, self._panned_by_hand = here, True
            self._chosen(opened=again)

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        if self.named is None or self.named.missing:
            return
        row_count, column_count = self._rows.shape
        self._cursor = (
            min(max(0, self._cursor[0] + rows), row_count - 1),
            min(max(0, self._cursor[1] + columns), column_count - 1),
        )
        self._panned_by_hand = True
        self._chosen(opened=False)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by as many cells as are in sight."""
        layout = self._layout()
        self.action_move(rows * layout.rows, columns * layout.columns)

    def _chosen(self, *, opened: bool) -> None:
        self.repaint_changes()
        self.post_message(self.CellChosen(self, self.index, opened=opened))

    def _as_rows(self, array: Numbers) -> Array:
        if array.dtype.kind != "f":
            # Token ids and masks: their signs can be turned, and larger ones told from smaller.
            array = array.astype(np.float64)
        if array.ndim >= 2:
            # Of pictures the rows of all stand below each other.
            return array.reshape(-1, array.shape[-1])
        return array.reshape((-1, 1) if self._upright else (1, -1))

    def _place(self, index: Index) -> Place:
        """Return where in the rows a cell of the array stands."""
        if self.named is not None and len(index) > 2:
            return int(np.ravel_multi_index(index[:-1], self.named.array.shape[:-1])), index[-1]
        row, column = (0, 0, *index)[-2:]
        return (column, row) if self._upright and len(index) == 1 else (row, column)

    def _index(self, place: Place) -> Index:
        """Return the cell of the array that stands at a place in the rows."""
        shape = () if self.named is None else self.named.array.shape
        row, column = place
        if self.named is not None and self.named.missing:
            return (0,) * len(shape)
        if len(shape) < 2:
            return (row if self._upright else column,) if shape else ()
        return (*map(int, np.unravel_index(row, shape[:-1])), column)

    def _panned(self, layout: Layout, *, by_hand: bool | None = None) -> Place:
        """Return the first row and column to show: as little moved as can be, or centred."""
        little = self._panned_by_hand if by_hand is None else by_hand
        (row, column), (rows, columns), first = self._cursor, self._rows.shape, self._first
        if little:
            return (
                panned(first[0], layout.rows, rows, row),
                panned(first[1], layout.columns, columns, column),
            )
        return centred(layout.rows, rows, row), centred(layout.columns, columns, column)

    def _layout(self) -> Layout:
        rows, columns = self._rows.shape
        return lay_out((rows, columns), self.size.width, self.size.height)
