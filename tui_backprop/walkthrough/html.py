"""A handout as an HTML page that stands alone: no script, no font, no picture from elsewhere."""

from collections.abc import Callable, Iterable, Iterator
from html import escape

from tui_backprop.walkthrough.blocks import (
    TINTS,
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

_STYLE = """
:root { color-scheme: light dark; --warm: 217 95 2; --cool: 31 120 180; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; }
code, pre, td, th { font-family: ui-monospace, monospace; font-size: 0.85rem; }
pre { overflow-x: auto; padding: 0.5rem 1rem; border-left: 3px solid #8886; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; }
td, th { padding: 0.15rem 0.5rem; text-align: right; white-space: nowrap; }
td.word, th.word { text-align: left; }
th { font-weight: normal; opacity: 0.7; }
th.marked { font-weight: bold; opacity: 1; }
td.marked { outline: 2px solid currentColor; font-weight: bold; }
@media print { h2 { break-before: page; } }
"""


def as_html(blocks: Iterable[Block], number: Number, title: str) -> Iterator[str]:
    """Yield the lines of a handout, without line ends; numbers as `number` writes them."""
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{escape(title)}</title><style>{_STYLE}{_tints()}</style></head><body>"
    for block in blocks:
        yield _element(block, number)
    yield "</body></html>"


def _tints() -> str:
    """Return the style of each tint: warm above 0, cool below, the stronger the larger."""
    return "".join(
        f".{sign}{level} {{ background: rgb(var(--{hue}) / {level / TINTS * 0.6:.2f}); }}\n"
        for sign, hue in (("p", "warm"), ("n", "cool"))
        for level in range(1, TINTS + 1)
    )


def _element(block: Block, number: Number) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Item(text):
            return f"<ul><li>{escape(text)}</li></ul>"
        case Formula(text):
            return f"<p><code>{escape(text)}</code></p>"
        case Listing(lines):
            return f"<pre>{escape(chr(10).join(lines))}</pre>"
        case Table():
            rows = [_row("th", block.header, block.words)]
            rows += [_row("td", row, block.words) for row in block.rows]
            return f'<div class="scroll"><table>{"".join(rows)}</table></div>'
        case Matrix():
            return _matrix(block, number)


def _row(tag: str, texts: tuple[str, ...], words: frozenset[int]) -> str:
    cells = [
        f'<{tag} class="word">{escape(text)}</{tag}>'
        if place in words
        else f"<{tag}>{escape(text)}</{tag}>"
        for place, text in enumerate(texts)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _matrix(matrix: Matrix, number: Number) -> str:
    row, column = matrix.marked or (-1, -1)
    heads = [_head(place, place == column) for place in matrix.columns]
    rows = [f"<tr><th></th>{''.join(heads)}</tr>"]
    for place, values, levels in zip(matrix.rows, matrix.values, matrix.levels, strict=True):
        cells = [
            _cell(number(value), int(level), (place, at) == (row, column))
            for at, value, level in zip(matrix.columns, values, levels, strict=True)
        ]
        head = _head(place, place == row) if matrix.heads else "<th></th>"
        rows.append(f"<tr>{head}{''.join(cells)}</tr>")
    note = f"<p>{escape(matrix.left_out)}</p>" if matrix.left_out else ""
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>{note}'


def _head(place: int, marked: bool) -> str:
    return f'<th class="marked">[{place}]</th>' if marked else f"<th>[{place}]</th>"


def _cell(text: str, level: int, marked: bool) -> str:
    classes = [f"{'p' if level > 0 else 'n'}{abs(level)}"] if level else []
    classes += ["marked"] if marked else []
    named = f' class="{" ".join(classes)}"' if classes else ""
    return f"<td{named}>{escape(text)}</td>"
