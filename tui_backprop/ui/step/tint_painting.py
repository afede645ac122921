"""Paints a matrix as tints, two rows a line: small ones magnified, large ones block by block."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Colour
from textual.strip import Strip

from tui_backprop.nn.arrays import Array
from tui_backprop.ui.painting.painted_widget import StyleOf
from tui_backprop.ui.step.heat import (
    CHOSEN,
    COOL,
    CURSOR,
    HEAT_STEPS,
    LIT,
    WARM,
    Tints,
    lit_tints,
    picture_tints,
)
from tui_backprop.ui.step.matrix_painting import Marks
from tui_backprop.ui.step.plane import Place
from tui_backprop.walkthrough.summary import heat_levels, minimap

_PICTURE_SIZE, _MOST_MAGNIFIED = 28, 3
"""Cells of a picture beside others, if it is a small one; and how large one of its own may be."""


@dataclass(frozen=True, slots=True)
class TintStyles:
    """The tints of the levels, those of cells that are lit, the chosen cell's and the cursor's."""

    tints: Tints
    lit: Tints
    chosen: Style
    cursor: Style


def tint_styles(style_of: StyleOf, ground: Colour) -> TintStyles:
    """Return the styles that a style sheet has for a widget on this ground."""
    warm, cool, light = style_of(WARM), style_of(COOL), style_of(LIT)
    return TintStyles(
        picture_tints(warm, cool, ground, light),
        lit_tints(warm, cool, ground, light),
        style_of(CHOSEN),
        style_of(CURSOR),
    )


def scale_beside_others(size: Place) -> int:
    """Return how much a matrix is magnified that stands beside others."""
    return max(1, min(_MOST_MAGNIFIED, _PICTURE_SIZE // max(size)))


def lines_at(size: Place, scale: int) -> int:
    """Return the lines that a matrix takes, so much magnified."""
    return -(-size[0] * scale // 2)


def fitting_scale(size: Place, most: int, width: int, height: int) -> int:
    """Return how much a matrix is magnified in so many cells and lines, 1 if it has no room."""
    rows, columns = size
    return max(1, min(most, width // columns, 2 * height // rows))


def tint_lines(
    rows: Array,
    largest: float,
    styles: TintStyles,
    marks: Marks,
    scale: int,
    width: int,
    height: int,
) -> list[Strip]:
    """Return the whole matrix as tints.

    Where there are more rows or columns than there is room for, each tint is its block's strongest.
    """
    small = minimap(rows, max(1, 2 * height), max(1, width))
    levels = heat_levels(small, HEAT_STEPS, largest).tolist()
    map_rows, map_columns = small.shape
    painted = [[styles.tints[level] for level in line] for line in levels]

    def paint(place: Place, style_at: Callable[[int], Style]) -> None:
        y, x = (
            at * shown // of for at, shown, of in zip(place, small.shape, rows.shape, strict=True)
        )
        painted[y][x] = style_at(levels[y][x])

    # Where all of it is lit, nothing would stand out.
    for place in marks.lit if len(marks.lit) < rows.size else ():
        paint(place, styles.lit.__getitem__)
    for place in marks.chosen:
        paint(place, lambda _: styles.chosen)
    if marks.cursor is not None:
        paint(marks.cursor, lambda _: styles.cursor)
    blank = [Style.null()] * map_columns
    lines = []
    for top in range(0, map_rows * scale, 2):
        below = painted[(top + 1) // scale] if top + 1 < map_rows * scale else blank
        segments = []
        for (up, low), run in groupby(zip(painted[top // scale], below, strict=True)):
            text, style = _half_blocks(up.bgcolor, low.bgcolor)
            segments.append(Segment(text * len(list(run)) * scale, style))
        lines.append(Strip(segments))
    return lines


def _half_blocks(up: Color | None, low: Color | None) -> tuple[str, Style]:
    """Return a character of two colours, one over the other; None is the ground's."""
    if up is None:
        return ("▄" if low else " "), Style(color=low)
    return "▀", Style(color=up, bgcolor=low)
