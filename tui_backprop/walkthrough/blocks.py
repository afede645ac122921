"""What a handout is made of, whatever it is written as."""

from dataclasses import dataclass
from typing import TypeAlias

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.walkthrough.summary import Levels, heat_levels

SHOWN_ROWS = 8
SHOWN_COLUMNS = 10
"""Every class of the data sets of digits: no one-hot row without its 1."""
TINTS = 6


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1, the title, or 2."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A line of maths, or a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of a calculation, as they stand."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under a header; `words` are the columns that are no numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A window onto an array as rows and columns, around a cell.

    `rows` and `columns` are the places of what is shown, `heads` whether rows have places at all.
    `marked` is the cell as row and column, or None; `levels` are tints from -TINTS to TINTS, on the
    whole array's scale. `left_out` says what is not shown, "" if all is.
    """

    values: Array
    rows: range
    columns: range
    heads: bool
    marked: tuple[int, int] | None
    levels: Levels
    left_out: str


Block: TypeAlias = Heading | Paragraph | Item | Formula | Listing | Table | Matrix


def matrix_around(array: Array, cell: Index | None) -> Matrix:
    """Return the window onto an array with a cell in its middle, as near as the edges let it be.

    Of what has more than two axes it is one onto the plane that the cell is in.
    """
    heads = array.ndim > 1
    leading = (0,) * (array.ndim - 2) if cell is None else cell[:-2]
    matrix = array[leading] if heads else array.reshape(1, -1)
    place = None
    if cell is not None and array.ndim:
        row, column = (0, *cell)[-2:]
        place = row, column
    rows = _window(matrix.shape[0], SHOWN_ROWS, place[0] if place else 0)
    columns = _window(matrix.shape[1], SHOWN_COLUMNS, place[1] if place else 0)
    window = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
    left_out = [f"plane {list(leading)} of {shape_text(array.shape[:-2])}"] if leading else []
    left_out += [
        f"{what} {shown.start} to {shown.stop - 1} of {size:,}"
        for what, shown, size in zip(
            ("rows", "columns"), (rows, columns), matrix.shape, strict=True
        )
        if len(shown) < size
    ]
    text = f"Shown: {', '.join(left_out)}." if left_out else ""
    levels = heat_levels(array, TINTS)[leading].reshape(matrix.shape)[window]
    return Matrix(matrix[window], rows, columns, heads, place, levels, text)


def _window(size: int, shown: int, place: int) -> range:
    start = min(max(0, place - shown // 2), max(0, size - shown))
    return range(start, min(size, start + shown))
