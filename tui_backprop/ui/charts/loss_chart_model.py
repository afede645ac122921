"""The loss curve of a run as a chart: what each column shows, on steady axes."""

import math
from dataclasses import dataclass, replace

from tui_backprop.training.curve import Curve
from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.charts.ticks import SteadyRange, decade_ticks, iteration_ticks, linear_ticks

RAW, RAW_BEHIND, SMOOTH = "paint--raw", "paint--raw-behind", "paint--smooth"
SMOOTHING = 0.9
"""Weight of the past in the smoothed curve, from one bucket to the next."""

_FIRST_HIGH = 2.5
"""The y axis holds the loss of an untrained net of ten classes: ln 10."""

_SMALLEST_LOSS = 1e-12
Y_AXIS_CELLS = 7
_STEPS_A_ROW = 16
"""Steps of height told apart in a row of the chart, which has four dots at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of the chart stands for: its middle, lowest, highest and smoothed loss."""

    x: float
    low: float
    high: float
    smooth: float


def smoothed(values: tuple[float, ...]) -> list[float]:
    """Return the exponential moving average of values, unbiased from the first on."""
    result, weighted, weight = [], 0.0, 0.0
    for value in values:
        weighted = SMOOTHING * weighted + (1 - SMOOTHING) * value
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        result.append(weighted / weight)
    return result


def columns(curve: Curve, iterations: int, count: int) -> list[Column]:
    """Return the curve in at most `count` columns across `iterations`, from left to right.

    A bucket always falls into the same column, so complete columns never change.
    """
    result: list[Column] = []
    last = -1
    for number, smooth in enumerate(smoothed(curve.mean)):
        low, high = curve.low[number], curve.high[number]
        position = min(count - 1, number * curve.width * count // iterations)
        if position == last:
            before = result[-1]
            result[-1] = Column(before.x, min(low, before.low), max(high, before.high), smooth)
        else:
            result.append(Column((position + 0.5) * iterations / count, low, high, smooth))
            last = position
    return result


class LossChartModels:
    """Makes the chart of each moment of a run, keeping its axes steady from one to the next."""

    def __init__(self) -> None:
        self._linear = SteadyRange(_FIRST_HIGH)

    def model(
        self, curve: Curve, iterations: int, *, width: int, height: int, log: bool, smooth: bool
    ) -> ChartModel:
        """Return the chart for a drawing of `width` columns and `height` rows with its axes."""
        if not curve.mean:
            # A run that starts anew, after one that may have diverged.
            self._linear = SteadyRange(_FIRST_HIGH)
        dots = columns(curve, iterations, max(1, width - Y_AXIS_CELLS))
        xs = tuple(dot.x for dot in dots for _ in range(2))
        raw = tuple(loss for dot in dots for loss in (dot.low, dot.high))
        lines = [Line(xs, raw, RAW_BEHIND if smooth else RAW)]
        if smooth:
            middle = tuple(dot.x for dot in dots)
            lines.append(Line(middle, tuple(dot.smooth for dot in dots), SMOOTH))
        if log:
            lines = [replace(line, ys=logarithms(line.ys)) for line in lines]
            y = self._decades(raw)
        else:
            high = self._linear.include(max(raw, default=0.0))
            y = Axis(0.0, high, linear_ticks(0.0, high, max(2, height // 3)), "loss")
        lines = [on_grid(line, y, height) for line in lines]
        total = float(iterations)
        x = Axis(0.0, total, iteration_ticks(iterations, width), "iteration")
        return ChartModel(tuple(lines), x, y)

    def _decades(self, losses: tuple[float, ...]) -> Axis:
        logs = logarithms(losses) or (-1.0, 0.0)
        low = min(-1, math.floor(min(logs)))
        high = max(1, math.ceil(max(logs)))
        return Axis(low, high, decade_ticks(low, high), "loss")


def on_grid(line: Line, y: Axis, rows: int) -> Line:
    """Return the line with heights rounded to steps of the axis, which has so many rows.

    What is too small to be seen then leaves the chart equal to the one before.
    """
    step = (y.high - y.low) / (_STEPS_A_ROW * rows)
    return replace(line, ys=tuple(y.low + round((v - y.low) / step) * step for v in line.ys))


def logarithms(losses: tuple[float, ...]) -> tuple[float, ...]:
    """Return log10 of each loss; 0, which has none, counts as far below any loss to be seen."""
    return tuple(math.log10(max(loss, _SMALLEST_LOSS)) for loss in losses)
