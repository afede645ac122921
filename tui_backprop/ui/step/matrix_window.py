"""Which part of a matrix is in sight, and where its cells stand on the screen."""

from collections.abc import Collection
from dataclasses import dataclass

from tui_backprop.ui.step.numbers import CELL_WIDTH

COLUMN_WIDTH = CELL_WIDTH + 1
"""Columns of a number and the gap before it."""

MAP_WIDTH, MAP_GAP = 12, 1
_WIDTH_WITH_MAP = 35


@dataclass(frozen=True, slots=True)
class Layout:
    """How a matrix of a given shape is laid out in a panel of a given size.

    `rows` and `columns` are how many of each are in sight, `index_width` the columns that row
    numbers take, `map_columns` those of the minimap, 0 without one.
    """

    rows: int
    columns: int
    index_width: int
    map_columns: int


def lay_out(shape: tuple[int, int], width: int, height: int) -> Layout:
    """Return the layout; one line of the height is for the column numbers."""
    row_count, column_count = shape
    index_width = len(str(row_count - 1)) if row_count > 1 else 0
    rows = max(1, min(row_count, height - 1))
    columns = max(1, min(column_count, (width - index_width) // COLUMN_WIDTH))
    map_columns = 0
    is_part = rows < row_count or columns < column_count
    if is_part and width >= _WIDTH_WITH_MAP and height > 1:
        map_columns = min(MAP_WIDTH, column_count)
        room = width - index_width - map_columns - MAP_GAP
        columns = max(1, min(column_count, room // COLUMN_WIDTH))
    return Layout(rows, columns, index_width, map_columns)


def centred(shown: int, count: int, wanted: int, around: Collection[int] = ()) -> int:
    """Return the first of `shown` places out of `count` when `wanted` stands in the middle.

    Where all of those `around` it fit, the middle is theirs; where not, none but those is shown.
    """
    low, high = min((wanted, *around)), max((wanted, *around))
    if high - low < shown:
        first = (low + high + 1) // 2 - shown // 2
    else:
        first = max(low, min(wanted - shown // 2, high + 1 - shown))
    return max(0, min(first, count - shown))


def panned(first: int, shown: int, count: int, wanted: int) -> int:
    """Return the first of `shown` places out of `count`, moved so far that `wanted` is seen."""
    first = min(first, wanted)
    first = max(first, wanted - shown + 1)
    return max(0, min(first, count - shown))


def needed_size(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the columns and lines that all of a matrix takes, without its frame."""
    rows, columns = shape
    index_width = len(str(rows - 1)) if rows > 1 else 0
    return index_width + columns * COLUMN_WIDTH, rows + 1
