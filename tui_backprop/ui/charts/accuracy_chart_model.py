"""Train and test accuracy of a run as a chart over the epochs."""

import math
from collections.abc import Sequence

from tui_backprop.training.snapshot import AccuracyPoint
from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.charts.ticks import linear_ticks, round_step

_SHORTEST_AXIS = 1e-6
TRAIN_COLOUR, TEST_COLOUR = 39, 208


def accuracy_chart_model(
    points: Sequence[AccuracyPoint], epochs: float, *, width: int, height: int
) -> ChartModel:
    """Return the chart of a run of `epochs` epochs, `width` columns by `height` rows."""
    epochs = max(epochs, _SHORTEST_AXIS)
    shown = thinned(points, 2 * width)
    xs = tuple(point.epoch for point in shown)
    lines = (
        Line(xs, tuple(point.train for point in shown), TRAIN_COLOUR),
        Line(xs, tuple(point.test for point in shown), TEST_COLOUR),
    )
    y = Axis(0.0, 1.0, linear_ticks(0.0, 1.0, 5 if height > 9 else 2, percent=True), "accuracy")
    return ChartModel(lines, Axis(0.0, epochs, epoch_ticks(epochs, width), "epoch"), y)


def epoch_ticks(epochs: float, width: int) -> tuple[tuple[float, str], ...]:
    """Return ticks at whole epochs, or at round parts of one where the run is shorter."""
    step = round_step(epochs, max(1, width // 10))
    if epochs >= 1:
        step = max(1.0, float(math.ceil(step)))
    return linear_ticks(0.0, epochs, max(1, math.floor(epochs / step)))


def thinned(points: Sequence[AccuracyPoint], most: int) -> Sequence[AccuracyPoint]:
    """Return the points, evenly thinned to at most `most` with the newest among them."""
    step = -(-len(points) // most) or 1
    return points if step == 1 else [*points[:-1:step], points[-1]]
