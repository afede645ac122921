"""Train and test accuracy of a run as a chart over the epochs."""

import math
from collections.abc import Sequence

from tui_backprop.training.snapshot import Evaluation
from tui_backprop.ui.charts.chart_model import Axis, ChartModel, Line
from tui_backprop.ui.charts.ticks import linear_ticks, round_step

_SHORTEST_AXIS = 1e-6
TRAIN_COLOUR, TEST_COLOUR = 39, 208


def accuracy_chart_model(
    points: Sequence[Evaluation], epochs: float, *, width: int, height: int
) -> ChartModel:
    """Return the chart of a run of `epochs` epochs, `width` columns by `height` rows."""
    epochs = max(epochs, _SHORTEST_AXIS)
    shown = thinned(points, 2 * width)
    low = lowest_shown(points)
    y = Axis(low, 1.0, linear_ticks(low, 1.0, 5 if height > 9 else 2, percent=True), "accuracy")
    lines = (
        accuracy_line([(point.epoch, point.train) for point in shown], low, TRAIN_COLOUR),
        accuracy_line([(point.epoch, point.test) for point in shown], low, TEST_COLOUR),
    )
    return ChartModel(lines, Axis(0.0, epochs, epoch_ticks(epochs, width), "epoch"), y)


def accuracy_line(points: Sequence[tuple[float, float]], low: float, colour: int) -> Line:
    """Return the points from `low` up as a line: what lies below has no place on the axis."""
    above = [(epoch, share) for epoch, share in points if share >= low]
    return Line(tuple(x for x, _ in above), tuple(y for _, y in above), colour)


def lowest_shown(points: Sequence[Evaluation]) -> float:
    """Return the axis's lower end: a round share below all accuracies of the trained net.

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
