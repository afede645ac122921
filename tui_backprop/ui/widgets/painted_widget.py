"""A widget that repaints only the cells that differ from what it painted last."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_JOIN_GAP = 6
"""Equal cells between two changes that are sent along: moving the cursor costs about as much."""

Cell = tuple[str, Style | None]


class PaintedWidget(Widget):
    """Paints lines that a subclass composes, and sends only what has changed since last time.

    A subclass calls `repaint_changes` when what it shows may have changed. Nothing is composed
    while the widget is hidden; it catches up when it is shown or resized.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: list[Strip] = []
        self.cells_refreshed = 0

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return what to show in `height` lines of `width` cells; fewer or shorter is fine."""
        raise NotImplementedError

    def repaint_changes(self) -> None:
        """Compose the lines anew and refresh the cells that differ."""
        if not self._is_shown():
            return
        width, height = self.size
        lines = [line.adjust_cell_length(width) for line in self.compose_lines(width, height)]
        regions = list(changed_regions(self._lines, lines, width))
        self._lines = lines
        if regions:
            self.cells_refreshed += sum(region.area for region in regions)
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Return line `y` as it was last composed."""
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else Strip.blank(width)
        return line.adjust_cell_length(width).apply_style(self.rich_style)

    def on_resize(self) -> None:
        """Compose for the new size."""
        self.repaint_changes()

    def on_show(self) -> None:
        """Catch up with what changed while hidden."""
        self.repaint_changes()

    def _is_shown(self) -> bool:
        return (
            self.is_attached
            and self.size.area > 0
            and all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))
        )


def changed_regions(
    before: Sequence[Strip], after: Sequence[Strip], width: int
) -> Iterator[Region]:
    """Yield the regions, one line high, in which two paintings differ."""
    blank = Strip.blank(width)
    for y in range(max(len(before), len(after))):
        old = before[y] if y < len(before) else blank
        new = after[y] if y < len(after) else blank
        if old != new:
            for start, end in differing_runs(cells(old), cells(new)):
                yield Region(start, y, end - start, 1)


def differing_runs(old: list[Cell], new: list[Cell]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the runs of unequal cells; runs close together count as one."""
    start = end = -1
    for x in range(max(len(old), len(new))):
        if x < len(old) and x < len(new) and old[x] == new[x]:
            continue
        if start >= 0 and x - end > _JOIN_GAP:
            yield start, end
            start = x
        elif start < 0:
            start = x
        end = x + 1
    if start >= 0:
        yield start, end


def cells(strip: Strip) -> list[Cell]:
    """Return the strip cell by cell; a wide character's further cells are empty texts."""
    result: list[Cell] = []
    for text, style, _ in strip:
        if text.isascii():
            result.extend((character, style) for character in text)
            continue
        for character in text:
            result.append((character, style))
            result.extend(("", style) for _ in range(cell_len(character) - 1))
    return result
