"""What a chart's lines are, and where they have come to."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


def legend(*entries: tuple[int, str], rest: str = "") -> Strip:
    """Return a line with each entry behind a mark of its colour, and the rest dim."""
    segments = []
    for colour, text in entries:
        segments += [Segment("━ ", Style(color=f"color({colour})")), Segment(text)]
    return Strip([*segments, Segment(rest, Style(dim=True))])
