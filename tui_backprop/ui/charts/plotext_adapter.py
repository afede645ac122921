"""Draws a ChartModel with plotext. The only file that knows plotext."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import plotext
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.painting.painted_widget import StyleOf, plain

_FIRST_COLOUR = 16
"""plotext draws each line in a colour of its own, which only stands for the line's part."""

_COLOUR_CODE = re.compile(r"\x1b\[(?:38;5;(\d+)|[\d;]*)m")


def draw_chart(
    model: ChartModel, width: int, height: int, *, marker: str, style_of: StyleOf = plain
) -> list[Strip]:
    """Return the chart as `height` strips of at most `width` cells.

    Points that are not finite are left out: plotext fails on them. Those far outside the axes are
    drawn just outside: it takes a step for every cell on the way.

    Args:
        model: what to draw.
        width: columns of the chart with its axes, at least those of SMALLEST_CHART.
        height: rows likewise.
        marker: what lines are drawn with, "braille" or one character.
        style_of: the style of each line's part.
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
    for colour, line in enumerate(lines, _FIRST_COLOUR):
        if line.xs:
            draw = plotext.plot if line.joined else plotext.scatter
            draw(line.xs, line.ys, marker=marker, color=colour)
    if not any(line.xs for line in lines):
        # Without a point plotext draws no axes either; this one lies outside their range.
        plotext.scatter([model.x.low - 1e9], [model.y.low - 1e9], marker=" ")
    styles = {n: style_of(line.part) for n, line in enumerate(lines, _FIRST_COLOUR)}
    return [ansi_strip(line, styles) for line in plotext.build().split("\n")[:height]]


def drawable_part(line: Line, model: ChartModel) -> Line:
    """Return the line without the points that are not finite, and none far from the axes."""
    points = [
        (near(x, model.x), near(y, model.y))
        for x, y in zip(line.xs, line.ys, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    return replace(line, xs=tuple(x for x, _ in points), ys=tuple(y for _, y in points))


def near(value: float, axis: Axis) -> float:
    """Return the value, moved to within one length of the axis."""
    length = axis.high - axis.low
    return min(max(value, axis.low - length), axis.high + length)


def ansi_strip(text: str, styles: Mapping[int, Style]) -> Strip:
    """Return a line of plotext's output as a strip, with a style for each colour's number."""
    segments = []
    style = Style.null()
    position = 0
    for code in _COLOUR_CODE.finditer(text):
        if code.start() > position:
            segments.append(Segment(text[position : code.start()], style))
        style = styles[int(code[1])] if code[1] else Style.null()
        position = code.end()
    if position < len(text):
        segments.append(Segment(text[position:], style))
    return Strip(segments)
