"""Paints a matrix: a window of its numbers with a minimap, or all of it as tints."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index
from tui_backprop.ui.step.numbers import CELL_WIDTH, cell_text, long_text
from tui_backprop.ui.widgets.step.heat import HEAT_STEPS, heat_style
from tui_backprop.ui.widgets.step.matrix_window import MAP_GAP, Layout
from tui_backprop.walkthrough.summary import ArraySummary, heat_levels, minimap

Place = tuple[int, int]

_CURSOR = Style(reverse=True, bold=True)
_LIT = Style(underline=True, bold=True)
_INDEX = Style(dim=True)
_HEAT_CURSOR = Style(color="yellow", bgcolor="yellow")


class NumberPainter:
    """Paints the part of a matrix that is in sight.

    Args:
        rows: the matrix.
        largest: the magnitude that gets the strongest tint.
        layout: how many rows and columns are in sight, and whether there is a minimap.
        first: the first row and column in sight.
    """

    def __init__(self, rows: Array, largest: float, layout: Layout, first: Place) -> None:
        self._rows = rows
        self._largest = largest
        self._layout = layout
        self._top, self._left = first

    def lines(
        self, cursor: Place | None, lit: frozenset[Place], width: int, height: int
    ) -> list[Strip]:
        """Return the column numbers and the rows, `lit` cells and the cursor standing out."""
        layout, top, left = self._layout, self._top, self._left
        window = self._rows[top : top + layout.rows, left : left + layout.columns]
        levels = heat_levels(window, HEAT_STEPS, self._largest).tolist()
        lines = [self._column_numbers()]
        for y, values in enumerate(window.tolist()):
            segments = [self._row_number(top + y)]
            for x, value in enumerate(values):
                place = (top + y, left + x)
                style = heat_style(levels[y][x])
                if place in lit:
                    style += _LIT
                if place == cursor:
                    style += _CURSOR
                segments.append(Segment(f"{cell_text(value):>{CELL_WIDTH}}", style))
                segments.append(Segment(" "))
            lines.append(Strip(segments))
        return self._with_map(lines, width, height) if layout.map_columns else lines

    def _column_numbers(self) -> Strip:
        numbers = range(self._left, self._left + self._layout.columns)
        text = "".join(f"{number:>{CELL_WIDTH}} " for number in numbers)
        return Strip([Segment(" " * self._layout.index_width + text, _INDEX)])

    def _row_number(self, row: int) -> Segment:
        width = self._layout.index_width
        return Segment(f"{row:>{width - 1}} " if width else "", _INDEX)

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
                seen = number - 1 in rows_in_sight
                segments += [
                    Segment("□" if seen and x in columns_in_sight else "·", heat_style(level))
                    for x, level in enumerate(levels[number - 1])
                ]
            result.append(Strip(segments))
        return result


def heat_lines(rows: Array, largest: float, cursor: Place, width: int, height: int) -> list[Strip]:
    """Return the whole matrix as tints, two rows a line, under the number at the cursor.

    Where there are more rows or columns than there is room for, each tint is its block's strongest.
    """
    small = minimap(rows, max(1, (height - 1) * 2), width)
    levels = heat_levels(small, HEAT_STEPS, largest).tolist()
    map_rows, map_columns = small.shape
    y = cursor[0] * map_rows // rows.shape[0]
    x = cursor[1] * map_columns // rows.shape[1]
    styles = [[heat_style(level) for level in line] for line in levels]
    styles[y][x] = _HEAT_CURSOR
    blank = [Style.null()] * map_columns
    lines = [Strip([Segment(f"[{cursor[0]},{cursor[1]}] = {long_text(float(rows[cursor]))}")])]
    for top in range(0, map_rows, 2):
        below = styles[top + 1] if top + 1 < map_rows else blank
        lines.append(
            Strip(
                [
                    Segment("▀", Style(color=up.bgcolor, bgcolor=low.bgcolor))
                    if up.bgcolor or low.bgcolor
                    else Segment(" ")
                    for up, low in zip(styles[top], below, strict=True)
                ]
            )
        )
    return lines


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
