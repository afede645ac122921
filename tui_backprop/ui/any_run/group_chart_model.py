"""A group of metrics as a chart over the steps: what each column shows, and the axes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui_backprop.runs.foreign.step_series import StepCurve
from tui_backprop.ui.any_run.metric_groups import MetricGroup
from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.charts.loss_chart_model import (
    RAW_BEHIND,
    SMOOTH,
    Y_AXIS_CELLS,
    logarithms,
    on_grid,
)
from tui_backprop.ui.charts.metric_chart_model import TEST, TRAIN, dashed
from tui_backprop.ui.charts.ticks import decade_ticks, linear_ticks, round_step

PARTS = (TRAIN, TEST, SMOOTH)
"""The colours of a group's lines, in their order; the second one is dashed."""

_FLAT = 1e-9
_ENDS = (1.0, 1.5, 2.5, 4.0, 6.0, 10.0)
"""Where an axis of steps ends, in powers of ten: all is painted anew whenever it moves on."""


@dataclass(frozen=True, slots=True)
class _Column:
    x: float
    low: float
    mean: float
    high: float


def group_chart(
    group: MetricGroup, curves: Mapping[str, StepCurve], *, width: int, height: int, log: bool
) -> ChartModel:
    """Return the chart for a drawing of `width` columns and `height` rows with its axes.

    Each line is of the mean in each column; behind the first one is the range of its values. A
    logarithmic axis is taken where all values are above 0.
    """
    known = [(n, curves[name]) for n, name in enumerate(group.names) if curves.get(name)]
    known = [(n, curve) for n, curve in known if curve.steps]
    x = _steps_axis([step for _, c in known for step in (c.steps[0], c.steps[-1])], width)
    count = max(1, width - Y_AXIS_CELLS)
    by_line = [(n, _columns(curve, x, count)) for n, curve in known]
    values = [v for _, columns in by_line for c in columns for v in (c.low, c.high)]
    log = log and bool(values) and min(values) > 0
    lines: list[Line] = []
    for n, columns in reversed(by_line):
        xs = tuple(c.x for c in columns)
        line = Line(xs, tuple(c.mean for c in columns), PARTS[n])
        lines.append(dashed(line, (x.high - x.low) / (2 * width)) if PARTS[n] is TEST else line)
        if n == 0 and any(c.low < c.high for c in columns):
            twice = tuple(c.x for c in columns for _ in range(2))
            ends = tuple(v for c in columns for v in (c.low, c.high))
            lines.insert(0, Line(twice, ends, RAW_BEHIND))
    if log:
        lines = [replace(line, ys=logarithms(line.ys)) for line in lines]
        y = _decades(logarithms((min(values), max(values))))
    else:
        y = _values_axis(values, height)
    lines = [on_grid(line, y, height) for line in lines]
    return ChartModel(tuple(lines), x, y)


def _columns(curve: StepCurve, x: Axis, count: int) -> list[_Column]:
    """Return the curve in at most `count` columns across the axis, from left to right."""
    result: list[_Column] = []
    last, together = -1, 0
    for step, mean, low, high in zip(*curve, strict=True):
        place = min(count - 1, max(0, int((step - x.low) / (x.high - x.low) * count)))
        if place != last:
            last, together = place, 1
            result.append(_Column(step, low, mean, high))
            continue
        together += 1
        before = result[-1]
        middle = before.mean + (mean - before.mean) / together
        result[-1] = _Column(step, min(low, before.low), middle, max(high, before.high))
    return result


def _steps_axis(steps: Sequence[float], width: int) -> Axis:
    """Return an axis that follows the run: its end moves on only now and then."""
    first, last = (min(steps), max(steps)) if steps else (0.0, 1.0)
    low = first if first < 0 or first > 0.5 * last else 0.0
    span = last - low
    if span <= _FLAT * max(1.0, abs(last)):
        low, span = low - 0.5, 1.0
    power = 10.0 ** math.floor(math.log10(span))
    high = low + power * next(end for end in _ENDS if end * power >= span * (1 - _FLAT))
    return Axis(low, high, linear_ticks(low, high, max(1, width // 14)), "step")


def _values_axis(values: Sequence[float], height: int) -> Axis:
    """Return an axis with round ends around the values; from 0 where that takes little room."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if 0 <= low < 0.5 * high:
        low = 0.0
    if high - low <= _FLAT * max(abs(low), abs(high), _FLAT):
        room = 0.1 * max(abs(low), abs(high)) or 1.0
        low, high = low - room, high + room
    step = round_step(high - low, max(2, height // 3))
    low, high = math.floor(low / step + _FLAT) * step, math.ceil(high / step - _FLAT) * step
    return Axis(low, high, linear_ticks(low, high, max(2, height // 3)), "")


def _decades(logs: Sequence[float]) -> Axis:
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    high = max(high, low + 1)
    return Axis(low, high, decade_ticks(low, high), "")
