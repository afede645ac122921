"""Drawing: whatever the points, a chart of the size asked for comes out."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.charts.test_loss_chart_model import curve_of
from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.snapshot import Evaluation
from tui_backprop.ui.charts.chart_model import SMALLEST_CHART, Axis, ChartModel, Line
from tui_backprop.ui.charts.loss_chart_model import LossChartModels
from tui_backprop.ui.charts.metric_chart_model import MetricChartModels, thinned
from tui_backprop.ui.charts.plotext_adapter import draw_chart

ANY = st.floats(allow_nan=True, allow_infinity=True)
SIZES = st.tuples(st.integers(SMALLEST_CHART[0], 150), st.integers(SMALLEST_CHART[1], 40))


def check_size(model: ChartModel, size: tuple[int, int], marker: str = "braille") -> str:
    strips = draw_chart(model, *size, marker=marker)
    assert len(strips) <= size[1]
    assert all(strip.cell_length <= size[0] for strip in strips)
    text = "\n".join(strip.text for strip in strips)
    assert "\x1b" not in text
    return text


@settings(max_examples=40)
@given(st.lists(st.tuples(ANY, ANY), max_size=40), SIZES, st.sampled_from(["braille", "*"]))
def test_no_points_make_it_fail(
    points: list[tuple[float, float]], size: tuple[int, int], marker: str
) -> None:
    xs, ys = (tuple(point[n] for point in points) for n in (0, 1))
    axis = Axis(0.0, 100.0, ((0.0, "0"), (100.0, "100")), "iteration")
    loss = Axis(0.0, 2.5, ((0.0, "0"), (2.5, "2.5")), "loss")
    text = check_size(ChartModel((Line(xs, ys, "raw"),), axis, loss), size, marker)
    assert "2.5" in text, "the axes are there without a point too"


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 3e38), max_size=60), st.booleans(), st.booleans(), SIZES)
def test_any_loss_curve(
    losses: list[float], log: bool, smooth: bool, size: tuple[int, int]
) -> None:
    model = LossChartModels().model(
        curve_of(losses, 100), 100, width=size[0], height=size[1], log=log, smooth=smooth
    )
    text = check_size(model, size)
    assert "┤" in text


@settings(max_examples=40)
@given(st.lists(st.tuples(ANY, ANY), max_size=60), SIZES)
def test_any_errors(errors: list[tuple[float, float]], size: tuple[int, int]) -> None:
    points = [Evaluation(n, n, *pair) for n, pair in enumerate(errors)]
    model = MetricChartModels().model(
        TASKS["regression"], points, float(len(errors)), width=size[0], height=size[1]
    )
    assert model.y.low == 0 < model.y.high
    assert "┤" in check_size(model, size)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=600),
    st.floats(1e-9, 1e9),
    SIZES,
)
def test_any_accuracies(
    shares: list[tuple[float, float]], epochs: float, size: tuple[int, int]
) -> None:
    points = [Evaluation(n, epochs * n / len(shares), *share) for n, share in enumerate(shares)]
    model = MetricChartModels().model(
        TASKS["classification"], points, epochs, width=size[0], height=size[1]
    )
    assert all(len(line.xs) <= 2 * size[0] + 1 for line in model.lines)
    assert "100%" in check_size(model, size)


def test_a_run_shorter_than_any_epoch_has_an_axis() -> None:
    """One minibatch of 1 out of millions of samples: 0.0 epochs, as they are rounded."""
    models = MetricChartModels()
    check_size(models.model(TASKS["classification"], [], 0.0, width=60, height=20), (60, 20))


def test_thinning_keeps_the_newest() -> None:
    points = [Evaluation(n, n, 0.5, 0.5) for n in range(1001)]
    shown = thinned(points, 100)
    assert len(shown) <= 101
    assert shown[0] is points[0]
    assert shown[-1] is points[-1]


@pytest.mark.parametrize("height", [6, 20])
def test_a_line_is_drawn_where_its_values_are(height: int) -> None:
    axis = Axis(0.0, 10.0, ((0.0, "0"), (10.0, "10")), "x")
    rising = Line((0.0, 10.0), (0.0, 10.0), "raw")
    rows = check_size(ChartModel((rising,), axis, axis), (40, height), "*").split("\n")
    starred = [(y, row.index("*")) for y, row in enumerate(rows) if "*" in row]
    assert len(starred) >= height - 4
    assert starred == sorted(starred, key=lambda place: -place[1]), "up means to the right"
    assert math.isclose(starred[0][0], 0, abs_tol=1)
