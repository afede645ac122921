"""The columns of a table, which of them there is room for, and its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Cells = Mapping[str, str]
"""The texts of a row by their columns' headings."""

COLUMN_GAP = 1


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its heading, its width in cells, and which side its values stand on.

    Where not all have room, those of the highest `spare` are left out first; 0 always stays.
    """

    heading: str
    width: int
    right: bool = True
    spare: int = 0

    def text(self, value: str) -> str:
        """Return a value as wide as the column, or wider if the value is."""
        padding = " " * max(0, self.width - cell_len(value))
        return padding + value if self.right else value + padding


HEADING_STYLE = Style(dim=True, bold=True)


def headings(columns: Sequence[TableColumn]) -> Cells:
    """Return the row of the headings."""
    return {column.heading: column.heading for column in columns}


def widened(columns: Sequence[TableColumn], rows: Sequence[Cells]) -> list[TableColumn]:
    """Return the columns, each at least as wide as its longest text."""
    return [
        replace(
            column,
            width=max([column.width, *(cell_len(row[column.heading]) for row in rows)]),
        )
        for column in columns
    ]


def room_taken(columns: Sequence[TableColumn]) -> int:
    """Return the cells that columns take, with the gap behind each of them."""
    return sum(column.width + COLUMN_GAP for column in columns)


def fitting_columns(columns: Sequence[TableColumn], width: int) -> tuple[TableColumn, ...]:
    """Return the columns there is room for."""
    kept = list(columns)
    for column in sorted(columns, key=lambda column: -column.spare):
        if room_taken(kept) - COLUMN_GAP <= width or not column.spare:
            break
        kept.remove(column)
    return tuple(kept)


def table_line(
    columns: Sequence[TableColumn],
    cells: Cells,
    style: Style,
    marks: Mapping[str, Style] | None = None,
) -> Strip:
    """Return a row in a style; `marks` has that of the columns which stand out."""
    gap = Segment(" " * COLUMN_GAP, style)
    segments = []
    for column in columns:
        own_style = (marks or {}).get(column.heading, style)
        segments += [Segment(column.text(cells[column.heading]), own_style), gap]
    return Strip(segments)
