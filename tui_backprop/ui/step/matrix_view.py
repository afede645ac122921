"""A matrix as numbers with a heat tint: a window that pans, a cell cursor, a minimap."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index
from tui_backprop.nn.words import cell_name
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.heat import CHOSEN, COOL, CURSOR, LIT, WARM, tints
from tui_backprop.ui.step.matrix_bindings import MATRIX_BINDINGS
from tui_backprop.ui.step.matrix_painting import Marks, NumberPainter
from tui_backprop.ui.step.matrix_texts import fitting_title, lone_number, summary_text
from tui_backprop.ui.step.matrix_window import (
    COLUMN_WIDTH,
    Layout,
    centred,
    lay_out,
    needed_size,
    panned,
)
from tui_backprop.ui.step.numbers import cell_text, long_text, whole_text
from tui_backprop.ui.step.plane import Place, Plane
from tui_backprop.ui.step.tint_painting import (
    fitting_scale,
    lines_at,
    scale_beside_others,
    tint_lines,
    tint_styles,
)
from tui_backprop.walkthrough.summary import strongest_cell, summarize
from tui_backprop.walkthrough.tape import NamedArray

_FRAME = 4
_LEAST_WIDTH = 14
"""Of the numbers of a matrix, so that its least and largest can stand below it."""

_MOST_MAGNIFIED = 8

_NONE: frozenset[Index] = frozenset()


class MatrixView(PaintedWidget, can_focus=True):
    """One array of an operation. A lone number is a matrix of one cell.

    Of an array of pictures it is the one that the cursor is in.

    Args:
        id: of the widget.
        upright: whether vectors stand in a column; they lie in a row otherwise.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {WARM, COOL, CURSOR, LIT, CHOSEN}
    BINDINGS: ClassVar[list[BindingType]] = MATRIX_BINDINGS

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
        self.as_pictures = False
        self._upright = upright
        self._plane = Plane((), (), upright)
        self._rows: Array = np.zeros((1, 1))
        self._summary = summarize(self._rows)
        self._largest = 0.0
        self._first: Place = (0, 0)
        self._panned_by_hand = False
        self._cursor: Place = (0, 0)
        self._lit = self._chosen = _NONE
        self._is_marked = True
        self._by_sample: bool | None = False
        self._title = ""

    def show(
        self,
        named: NamedArray,
        *,
        title: str = "",
        lit: frozenset[Index] = _NONE,
        chosen: frozenset[Index] = _NONE,
        cursor: Index | None = None,
        marked: bool = True,
        by_sample: bool | None = False,
    ) -> None:
        """Show an array, with some of its cells lit up, and some of those marked as chosen.

        The cursor goes to the cell `cursor`; without one, to the strongest of all if the array is
        another one than before. Unless it is `marked`, it shows only while the arrows move it.
        `title` is what it is called, if not by its label; `by_sample` whether the first place of
        an index is a sample or a filter, None if it is neither.
        """
        is_other = self.named is None or named.array is not self.named.array
        if is_other:
            self._summary = named.summary if named.array.size else summarize(np.zeros(()))
            self._largest = max(abs(self._summary.minimum), abs(self._summary.maximum))
            if cursor is None and not named.missing:
                cursor = strongest_cell(named.array)
        if named.missing:
            cursor = (0,) * named.array.ndim
        self._title, self._is_marked, self._by_sample = title or named.label, marked, by_sample
        # What the arrows moved stays where it is.
        if cursor is not None and (is_other or cursor != self.index):
            self.named = named
            self._panned_by_hand = False
            self._put_cursor(cursor)
        self.named = named
        self._lit, self._chosen = lit, chosen
        self.repaint_changes()

    def show_as_heat(self, as_heat: bool) -> None:
        """Show the whole matrix as tints, or its numbers, as many as fit."""
        if as_heat is not self.as_heat:
            self.as_heat = as_heat
            self.repaint_changes()

    def show_pictures(self, as_pictures: bool) -> None:
        """Show planes of pictures as tints, or their numbers."""
        if as_pictures is not self.as_pictures:
            self.as_pictures = as_pictures
            self.repaint_changes()

    @property
    def has_planes(self) -> bool:
        """Whether there are more planes of the array than the one in sight."""
        return bool(self._plane.leading) and self.named is not None and not self.named.missing

    @property
    def is_tinted(self) -> bool:
        """Whether all of the matrix is shown as tints."""
        return self.as_heat or (self.as_pictures and self.has_planes)

    def look_at(self, index: Index) -> None:
        """Move the cursor to a cell, and the cell into sight: into the middle if it was out."""
        self._put_cursor(index)
        self._panned_by_hand = self._panned(self._layout(), by_hand=True) == self._first
        self.repaint_changes()

    @property
    def index(self) -> Index:
        """The cursor's cell, as an index of the array; the first where its numbers are not here."""
        return self._plane.index(self._cursor)

    @property
    def needed(self) -> tuple[int, int]:
        """The columns and lines that all of the matrix takes, frame and all."""
        size = self._plane.size
        if self.named is not None and self.named.missing:
            least = max(_LEAST_WIDTH, cell_len(self._title) + 2, cell_len(self.named.missing))
            return least + _FRAME, 3
        if self.named is not None and not self.named.array.ndim:
            number = lone_number(self.named.array, 0)
            return max(cell_len(number), cell_len(self._title) + 2) + _FRAME, 3
        width, height = needed_size(size)
        if self.is_tinted:
            scale = scale_beside_others(size)
            width = max(size[1] * scale, cell_len(self._reading()))
            height = lines_at(size, scale) + 1
        return max(width, _LEAST_WIDTH, cell_len(self._title) + 2) + _FRAME, height + 2

    def reading(self, width: int) -> str:
        """Return the number at the cursor, and as much of the array's summary as fits."""
        if self.named is None:
            return ""
        text = self._reading()
        if not self.named.array.ndim or (self.named.missing and not self.named.left_out):
            return text
        return f"{text}   {summary_text(self._summary, width - cell_len(text) - 3)}"

    def _reading(self) -> str:
        named = self.named
        label = "" if named is None else named.label
        if named is not None and named.missing:
            return f"{label}: {named.missing}"
        return f"{cell_name(label, self.index)} = {long_text(float(self._rows[self._cursor]))}"

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the column numbers and the rows in sight, with the minimap beside them."""
        named = self.named
        if named is None:
            return []
        leading = self._plane.leading
        which = f"[{','.join(map(str, leading))}]" if leading else ""
        if self._by_sample is not None:
            which = self._plane.name(by_sample=self._by_sample)
        title = fitting_title(named, self._title, which, self.index, width - 2)
        self.border_title = Content(title)
        has_summary = named.array.ndim and named.array.size
        self.border_subtitle = summary_text(self._summary, width - 2) if has_summary else ""
        if named.missing:
            return [Strip([Segment(named.missing, Style(italic=True))])]
        if named.array.ndim == 0:
            return [Strip([Segment(lone_number(named.array, width))])]
        is_shown = self.has_focus or self._is_marked or self.as_heat
        marks = Marks(
            self._cursor if is_shown else None,
            self._in_plane(self._lit),
            self._in_plane(self._chosen),
        )
        size = self._plane.size
        if self.is_tinted:
            styles = tint_styles(self.style_of, self.ground())
            most = _MOST_MAGNIFIED if self.has_class("-zoomed") else scale_beside_others(size)
            scale = fitting_scale(size, most, width, height - 1)
            return [
                Strip([Segment(self._reading())]),
                *tint_lines(self._rows, self._largest, styles, marks, scale, width, height - 1),
            ]
        layout = self._layout()
        self._first = self._panned(layout)
        colours = tints(self.style_of(WARM), self.style_of(COOL), self.ground())
        write = cell_text if named.array.dtype.kind == "f" else whole_text
        painter = NumberPainter(self._rows, self._largest, layout, self._first, colours, write)
        return painter.lines(marks, width, height)

    def _in_plane(self, cells: frozenset[Index]) -> frozenset[Place]:
        leading, place = self._plane.leading, self._plane.place
        return frozenset(place(cell) for cell in cells if cell[:-2] == leading)

    def on_focus(self) -> None:
        """Show the cursor as the one that the arrows move."""
        self.repaint_changes()

    def on_blur(self) -> None:
        """Show that the arrows are the tape's again."""
        self.repaint_changes()

    def on_click(self, event: Click) -> None:
        """Choose the cell under the pointer; a second click opens its derivation."""
        offset = event.get_content_offset(self)
        if offset is None or self.named is None or self.named.missing or self.is_tinted:
            return
        if self.named.array.ndim == 0:
            self._choose(opened=True)
            return
        layout = self._layout()
        y, x = offset.y - 1, (offset.x - layout.index_width) // COLUMN_WIDTH
        if 0 <= y < layout.rows and 0 <= x < layout.columns:
            here = (self._first[0] + y, self._first[1] + x)
            again = self._cursor == here
            self._cursor, self._panned_by_hand = here, True
            self._choose(opened=again)

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
        self._choose(opened=False)

    def action_page(self, rows: int, columns: int) -> None:
        """Move the cursor by as many cells as are in sight."""
        layout = self._layout()
        self.action_move(rows * layout.rows, columns * layout.columns)

    def _choose(self, *, opened: bool) -> None:
        self.repaint_changes()
        self.post_message(self.CellChosen(self, self.index, opened=opened))

    def move_plane(self, axis: int, change: int) -> None:
        """Move the cursor to the same place in another plane, along an axis from the end."""
        if self.has_planes and len(self.index) >= -axis:
            self._put_cursor(self._plane.moved(self.index, axis, change))
            self._panned_by_hand = True
            self._choose(opened=False)

    def _put_cursor(self, index: Index) -> None:
        """Move the cursor to a cell of the array, and its plane into sight."""
        if self.named is not None:
            array = self.named.array
            self._plane = Plane.of(index, array.shape, upright=self._upright)
            self._rows = np.zeros((1, 1)) if self.named.missing else self._plane.rows(array)
        self._cursor = self._plane.place(index)

    def _panned(self, layout: Layout, *, by_hand: bool | None = None) -> Place:
        """Return the first row and column to show: as little moved as can be, or centred."""
        little = self._panned_by_hand if by_hand is None else by_hand
        (row, column), (rows, columns), first = self._cursor, self._rows.shape, self._first
        if little:
            return (
                panned(first[0], layout.rows, rows, row),
                panned(first[1], layout.columns, columns, column),
            )
        lit = self._in_plane(self._lit)
        return (
            centred(layout.rows, rows, row, {y for y, _ in lit}),
            centred(layout.columns, columns, column, {x for _, x in lit}),
        )

    def _layout(self) -> Layout:
        rows, columns = self._rows.shape
        return lay_out((rows, columns), self.size.width, self.size.height)
