"""Lines that fit: parts are left out whole, and no number is ever cut in its digits."""

from collections.abc import Iterable

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.strip import Strip

_LONGEST_NUMBER = 20
"""What is longer is a path or a name, of which a part says more than nothing."""


def first_fitting(width: int, lines: Iterable[Strip]) -> Strip:
    """Return the first line that fits, of several that say less and less, or else the last."""
    line = Strip([])
    for line in lines:
        if line.cell_length <= width:
            break
    return line


def split_between_words(text: str, width: int) -> tuple[str, str]:
    """Return as much of the text as fits, up to the end of a word, and the rest of it."""
    if cell_len(text) <= width:
        return text, ""
    head = chop_cells(text, width)[0]
    if text[len(head)] != " ":
        start = head.rfind(" ") + 1
        word = text[start:].split(" ", 1)[0]
        if head[:start].strip() and len(word) <= _LONGEST_NUMBER:
            head = head[:start]
    return head.rstrip(), text[len(head) :].lstrip()


def cut_between_words(line: Strip, width: int) -> Strip:
    """Return the line; one that is too long up to the end of a word, with an ellipsis."""
    if width < 2 or line.cell_length <= width or cell_len(line.text.rstrip()) <= width:
        return line
    head, _ = split_between_words(line.text, width - 1)
    kept = list(line.crop(0, cell_len(head)))
    return Strip([*kept, Segment("…", kept[-1].style if kept else None)])
