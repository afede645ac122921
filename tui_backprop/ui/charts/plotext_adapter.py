"""Draws a ChartModel with plotext. The only file that knows plotext."""

import math
import re
from functools import lru_cache

import plotext
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line

_COLOUR_CODE = re.compile(r"\x1b\[(?:38;5;(\d+)|[\d;]*)m")


def draw_chart(model: ChartModel, width: int, height: int, *, marker: str) -> list[Strip]:
    """Return the chart as `height` strips of at most `width` cells.

    Points that are not finite are left out: plotext fails on them. Those far outside the axes are
    drawn just outside: it takes a step for every cell on the way.

    Args:
        model: what to draw.
        width: columns of the chart with its axes, at least those of SMALLEST_CHART.
        height: rows likewise.
        marker: what lines are drawn with, "braille" or one character.
    """
    plotext.clear_figure()
    plotext.limitsize(False, False)
    plotext.plotsize(width, height)
    plotext.theme("clear")
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    plotext.xlim(model.x.low, model.x.high)
    plotext.ylim(model.y.low, model.y.high)
    plotext.xticks([at for at, _ in model.x.ticks], [text for _, text in model.x.ticks])
    plotext.yticks([at for at, _ in model.y.ticks], [text for _, text in model.y.ticks])
    plotext.xlabel(model.x.label)
    lines = [drawable_part(line, model) for line in model.lines]
    for line in lines:
        if line.xs:
            plotext.plot(line.xs, line.ys, marker=marker, color=line.colour)
    if not any(line.xs for line in lines):
        # Without a point plotext draws no axes either; this one lies outside their range.
        plotext.scatter([model.x.low - 1e9], [model.y.low - 1e9], marker=" ")
    return [ansi_strip(line) for line in plotext.build().split("\n")[:height]]


def drawable_part(line: Line, model: ChartModel) -> Line:
    """Return the line without the points that are not finite, and none far from the axes."""
    points = [
        (near(x, model.x), near(y, model.y))
        for x, y in zip(line.xs, line.ys, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    return Line(tuple(x for x, _ in points), tuple(y for _, y in points), line.colour)


def near(value: float, axis: Axis) -> float:
    """Return the value, moved to within one length of the axis."""
    length = axis.high - axis.low
    return min(max(value, axis.low - length), axis.high + length)


def ansi_strip(text: str) -> Strip:
    """Return a line of plotext's output, text with colour codes, as a strip."""
    segments = []
    style = Style.null()
    position = 0
    for code in _COLOUR_CODE.finditer(text):
        if code.start() > position:
            segments.append(Segment(text[position : code.start()], style))
        style = colour_style(int(code[1])) if code[1] else Style.null()
        position = code.end()
    if position < len(text):
        segments.append(Segment(text[position:], style))
    return Strip(segments)


@lru_cache(maxsize=256)
def colour_style(number: int) -> Style:
    """Return the style of an xterm colour."""
    return Style(color=f"color({number})")
