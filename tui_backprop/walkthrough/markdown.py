"""A handout as Markdown."""

from collections.abc import Callable, Iterable, Iterator

from tui_backprop.walkthrough.blocks import (
    Block,
    Formula,
    Heading,
    Item,
    Listing,
    Matrix,
    Paragraph,
    Table,
)

Number = Callable[[float], str]


def as_markdown(blocks: Iterable[Block], number: Number) -> Iterator[str]:
    """Yield the lines of a handout, without line ends; numbers as `number` writes them."""
    for block in blocks:
        yield from _lines(block, number)
        yield ""


def _lines(block: Block, number: Number) -> list[str]:
    match block:
        case Heading(level, text):
            return [f"{'#' * level} {text}"]
        case Paragraph(text):
            return [text]
        case Item(text):
            return [f"- {text}"]
        case Formula(text):
            return [f"`{text}`"]
        case Listing(lines):
            return ["```", *lines, "```"]
        case Table():
            return _table(block)
        case Matrix():
            return _matrix(block, number)


def _table(table: Table) -> list[str]:
    rule = ["---" if place in table.words else "---:" for place in range(len(table.header))]
    return [
        f"| {' | '.join(table.header)} |",
        f"|{'|'.join(rule)}|",
        *(f"| {' | '.join(row)} |" for row in table.rows),
    ]


def _matrix(matrix: Matrix, number: Number) -> list[str]:
    """Return the window with the places of its rows and columns, those of the marked cell by ▸."""
    row, column = matrix.marked or (-1, -1)
    heads = [_head(place, row) if matrix.heads else "" for place in matrix.rows]
    cells = [["", *(_head(place, column) for place in matrix.columns)]]
    cells += [[head, *map(number, line)] for head, line in zip(heads, matrix.values, strict=True)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return ["```", *lines, "```", *(["", matrix.left_out] if matrix.left_out else [])]


def _head(place: int, marked: int) -> str:
    return f"▸[{place}]" if place == marked else f"[{place}]"
