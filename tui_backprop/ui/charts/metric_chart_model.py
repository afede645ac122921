"""The task's metric on the training and the test set as a chart over the epochs."""

import math
from collections.abc import Sequence
from itertools import pairwise

from tui_backprop.settings.tasks import Task
from tui_backprop.training.snapshot import Evaluation
from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.charts.ticks import SteadyRange, linear_ticks, round_step

_SHORTEST_AXIS = 1e-6
_FIRST_HIGH = 1.0
_LARGEST_SHOWN = 1e100
"""Far above all that is worth drawing, and far below where drawing overflows."""

TRAIN, TEST = "paint--train", "paint--test"

_DASH, _GAP = 5, 3
"""Dots, of which a column has two, that a dash and the gap behind it take."""


class MetricChartModels:
    """Makes the chart of each moment of a run, keeping its axes steady from one to the next."""

    def __init__(self) -> None:
        self._errors = SteadyRange(_FIRST_HIGH)

    def model(
        self, task: Task, points: Sequence[Evaluation], epochs: float, *, width: int, height: int
    ) -> ChartModel:
        """Return the chart of a run of `epochs` epochs, `width` columns by `height` rows."""
        epochs = max(epochs, _SHORTEST_AXIS)
        shown = thinned(points, 2 * width)
        ticks = 5 if height > 9 else 2
        if task.is_share:
            low = lowest_shown(points)
            y = Axis(low, 1.0, linear_ticks(low, 1.0, ticks, percent=True), task.metric)
        else:
            high = self._highest_shown(points)
            y = Axis(0.0, high, linear_ticks(0.0, high, ticks), task.metric)
        lines = (
            metric_line([(point.epoch, point.train) for point in shown], y, TRAIN),
            dashed(
                metric_line([(point.epoch, point.test) for point in shown], y, TEST),
                epochs / (2 * width),
            ),
        )
        return ChartModel(lines, Axis(0.0, epochs, epoch_ticks(epochs, width), "epoch"), y)

    def _highest_shown(self, points: Sequence[Evaluation]) -> float:
        """Return the upper end of an axis of errors: of a trained net's, if there are any."""
        if len(points) <= 1:
            # A run that starts anew, after one whose errors may have been of another size.
            self._errors = SteadyRange(_FIRST_HIGH)
        trained = [point for point in points if point.iteration] or points
        errors = [error for point in trained for error in (point.train, point.test)]
        return self._errors.include(max((e for e in errors if e < _LARGEST_SHOWN), default=0.0))


def metric_line(points: Sequence[tuple[float, float]], y: Axis, part: str) -> Line:
    """Return the points within the axis as a line: what lies outside has no place on it."""
    inside = [(epoch, value) for epoch, value in points if y.low <= value <= y.high]
    return Line(tuple(x for x, _ in inside), tuple(value for _, value in inside), part)


def dashed(line: Line, dot: float) -> Line:
    """Return the line as dots `dot` apart with gaps in it, one at each place.

    Where its own points lie there is always a dot: the newest of those that share a place.
    """
    points = list(zip(line.xs, line.ys, strict=True))
    dots = {}
    for (x0, y0), (x1, y1) in pairwise(points):
        places = range(math.ceil(x0 / dot), math.floor(x1 / dot) + 1) if x1 > x0 else ()
        for place in places:
            if place % (_DASH + _GAP) < _DASH:
                x = place * dot
                dots[place] = (x, y0 + (y1 - y0) * (x - x0) / (x1 - x0))
    dots |= {round(x / dot): (x, y) for x, y in points}
    shown = [dots[place] for place in sorted(dots)]
    return Line(tuple(x for x, _ in shown), tuple(y for _, y in shown), line.part, joined=False)


def lowest_shown(points: Sequence[Evaluation]) -> float:
    """Return a share axis's lower end: a round one below all shares of the trained net.

    Only the untrained net's may be off the chart. The end never rises again while points come in.
    """
    trained = [min(point.train, point.test) for point in points if point.iteration]
    return math.floor(min(trained) * 10) / 10 if trained and min(trained) < 1 else 0.0


def epoch_ticks(epochs: float, width: int) -> tuple[tuple[float, str], ...]:
    """Return ticks at whole epochs, or at round parts of one where the run is shorter."""
    step = round_step(epochs, max(1, width // 10))
    if epochs >= 1:
        step = float(math.ceil(step))
    return tuple((n * step, f"{n * step:,g}") for n in range(math.floor(epochs / step) + 1))


def thinned(points: Sequence[Evaluation], most: int) -> Sequence[Evaluation]:
    """Return the points, evenly thinned to at most `most` with the newest among them."""
    step = -(-len(points) // most) or 1
    return points if step == 1 else [*points[:-1:step], points[-1]]
