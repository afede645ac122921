"""What a chart's lines are, and where they have come to."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import StyleOf

SOLID, DASHED = "━", "╍"
"""How a line looks, in the legend too: it can be told from another without any colour."""


def legend(style_of: StyleOf, *entries: tuple[str, str, str], rest: str = "") -> Strip:
    """Return a line with each entry, (look, part, text), behind its look; the rest is dim."""
    segments = []
    for look, part, text in entries:
        segments += [Segment(f"{look} ", style_of(part)), Segment(text)]
    return Strip([*segments, Segment(rest, Style(dim=True))])
