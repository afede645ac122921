"""Paints a matrix as numbers: a window onto it, with a minimap."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.ui.step.heat import HEAT_STEPS, Tints
from tui_backprop.ui.step.matrix_window import COLUMN_WIDTH, MAP_GAP, Layout
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.ui.step.plane import Place
from tui_backprop.walkthrough.summary import heat_levels, minimap

_CHOSEN_MARK = "▸"

_CURSOR = Style(reverse=True, bold=True)
_LIT = Style(underline=True, bold=True)
_INDEX = Style(dim=True)


@dataclass(frozen=True, slots=True)
class Marks:
    """The places that stand out: the cursor if it shows, those that are lit, and the chosen."""

    cursor: Place | None
    lit: frozenset[Place]
    chosen: frozenset[Place]


class NumberPainter:
    """Paints the part of a matrix that is in sight.

    Args:
        rows: the matrix.
        largest: the magnitude that gets the strongest tint.
        layout: how many rows and columns are in sight, and whether there is a minimap.
        first: the first row and column in sight.
        tints: the styles of the numbers' tints.
        text: writes a number in at most CELL_WIDTH cells.
    """

    def __init__(
        self,
        rows: Array,
        largest: float,
        layout: Layout,
        first: Place,
        tints: Tints,
        text: Callable[[float], str] = cell_text,
    ) -> None:
        self._rows = rows
        self._largest = largest
        self._layout = layout
        self._tints = tints
        self._text = text
        self._top, self._left = first

    def lines(self, marks: Marks, width: int, height: int) -> list[Strip]:
        """Return the column numbers and the rows, in which the marked cells stand out."""
        layout, top, left = self._layout, self._top, self._left
        window = self._rows[top : top + layout.rows, left : left + layout.columns]
        levels = heat_levels(window, HEAT_STEPS, self._largest).tolist()
        lines = [self._column_numbers()]
        marked = self._marked_columns(marks)
        for y, values in enumerate(window.tolist()):
            texts = [f"{self._text(value):>{COLUMN_WIDTH}}" for value in values]
            styles = [self._tints[level] for level in levels[y]]
            for x in marked.get(top + y, ()):
                place = (top + y, left + x)
                styles[x] += _CURSOR if place == marks.cursor else _LIT
                if place in marks.chosen:
                    texts[x] = f"{_CHOSEN_MARK + texts[x].lstrip():>{COLUMN_WIDTH}}"
            segments = [Segment(self._row_number(top + y), _INDEX)]
            for style, run in groupby(zip(styles, texts, strict=True), key=itemgetter(0)):
                segments.append(Segment("".join(text for _, text in run), style))
            lines.append(Strip(segments))
        return self._with_map(lines, width, height) if layout.map_columns else lines

    def _column_numbers(self) -> Strip:
        numbers = range(self._left, self._left + self._layout.columns)
        text = "".join(f"{number:>{COLUMN_WIDTH}}" for number in numbers)
        return Strip([Segment(" " * self._layout.index_width + text, _INDEX)])

    def _row_number(self, row: int) -> str:
        width = self._layout.index_width
        return f"{row:>{width}}" if width else ""

    def _marked_columns(self, marks: Marks) -> defaultdict[int, set[int]]:
        """Return by row which of the columns in sight stand out, counted from the first."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        cursor = frozenset() if marks.cursor is None else frozenset([marks.cursor])
        for row, column in marks.lit | marks.chosen | cursor:
            if self._left <= column < self._left + self._layout.columns:
                found[row].add(column - self._left)
        return found

    def _with_map(self, lines: list[Strip], width: int, height: int) -> list[Strip]:
        """Return the lines with the minimap at their right; boxes mark the part in sight."""
        rows, columns = self._rows.shape
        small = minimap(self._rows, min(height - 1, rows), self._layout.map_columns)
        levels = heat_levels(small, HEAT_STEPS, self._largest).tolist()
        map_rows, map_columns = small.shape
        rows_in_sight = {
            y * map_rows // rows for y in range(self._top, self._top + self._layout.rows)
        }
        columns_in_sight = {
            x * map_columns // columns for x in range(self._left, self._left + self._layout.columns)
        }
        margin = width - map_columns - MAP_GAP
        result = []
        for number in range(max(len(lines), map_rows + 1)):
            line = lines[number] if number < len(lines) else Strip.blank(0)
            segments = [*line.adjust_cell_length(margin), Segment(" " * MAP_GAP)]
            if 1 <= number <= map_rows:
                seen = columns_in_sight if number - 1 in rows_in_sight else set()
                marks = (
                    (level, "□" if x in seen else "·") for x, level in enumerate(levels[number - 1])
                )
                for (level, mark), run in groupby(marks):
                    segments.append(Segment(mark * len(list(run)), self._tints[level]))
            result.append(Strip(segments))
        return result
