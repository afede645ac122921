"""The loss chart: bounded for any run, old columns fixed, and as good as the curve it shows."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.training.curve import Curve
from tui_backprop.training.series import BucketedSeries
from tui_backprop.ui.charts.loss_chart_model import (
    Column,
    LossChartModels,
    columns,
    logarithms,
    smoothed,
)

LOSSES = st.floats(0.0, 1e6)


def curve_of(losses: list[float], planned: int) -> Curve:
    series = BucketedSeries(planned)
    for loss in losses:
        series.append(loss)
    return series.curve()


@pytest.mark.parametrize("iterations", [10_000, 10_000_000])
@pytest.mark.parametrize("width", [20, 60, 300])
def test_the_number_of_points_depends_on_the_width_alone(iterations: int, width: int) -> None:
    full = Curve(2 ** math.ceil(math.log2(iterations / 1024)), *[(0.5,) * 1024] * 3)
    chart = LossChartModels().model(
        full, iterations, width=width, height=20, log=False, smooth=True
    )
    assert all(len(line.xs) == len(line.ys) <= 2 * width for line in chart.lines)


@given(st.lists(LOSSES, min_size=2, max_size=300), st.integers(1, 120), st.data())
def test_old_columns_never_change(losses: list[float], count: int, data: st.DataObject) -> None:
    planned = data.draw(st.integers(len(losses), 5000))
    now = data.draw(st.integers(1, len(losses)))
    before = columns(curve_of(losses[:now], planned), planned, count)
    after = columns(curve_of(losses, planned), planned, count)
    assert after[: len(before) - 1] == before[:-1]


@given(st.lists(LOSSES, min_size=1, max_size=300), st.integers(1, 120))
def test_columns_go_from_left_to_right_and_show_every_extreme(
    losses: list[float], count: int
) -> None:
    shown = columns(curve_of(losses, len(losses)), len(losses), count)
    assert len(shown) <= count
    xs = [column.x for column in shown]
    assert xs == sorted(set(xs))
    assert all(0 <= x <= len(losses) for x in xs)
    assert min(column.low for column in shown) == min(losses)
    assert max(column.high for column in shown) == max(losses)
    assert all(column.low <= column.high for column in shown)


@given(st.lists(LOSSES, min_size=1, max_size=100))
def test_smoothing_stays_between_the_extremes_and_starts_with_the_first(
    losses: list[float],
) -> None:
    result = smoothed(tuple(losses))
    assert result[0] == pytest.approx(losses[0])
    slack = 1e-9 * max(losses) + 1e-12
    assert all(min(losses) - slack <= value <= max(losses) + slack for value in result)


def test_a_constant_is_its_own_average() -> None:
    assert smoothed((2.5,) * 50) == pytest.approx([2.5] * 50)


@given(st.lists(LOSSES, max_size=50), st.booleans(), st.booleans(), st.integers(20, 200))
def test_the_axes_hold_every_point(
    losses: list[float], log: bool, smooth: bool, width: int
) -> None:
    chart = LossChartModels().model(
        curve_of(losses, 100), 100, width=width, height=20, log=log, smooth=smooth
    )
    for line in chart.lines:
        assert all(chart.x.low <= x <= chart.x.high for x in line.xs)
        if not log:
            assert all(chart.y.low <= y <= chart.y.high * (1 + 1e-9) for y in line.ys)
    for axis in (chart.x, chart.y):
        assert axis.low < axis.high
        assert all(axis.low <= at <= axis.high * (1 + 1e-9) for at, _ in axis.ticks)
    assert len(chart.lines) == 1 + smooth


@given(st.lists(st.floats(0.01, 90.0), min_size=2, max_size=200))
def test_the_log_axis_stays_put_between_decades(losses: list[float]) -> None:
    models = LossChartModels()
    axes = [
        models.model(curve_of(losses[:n], 200), 200, width=80, height=20, log=True, smooth=False).y
        for n in (len(losses) // 2, len(losses))
    ]
    assert all(axis.low >= -2 and axis.high <= 2 for axis in axes)


def test_a_loss_of_0_has_a_place_on_a_log_axis() -> None:
    assert logarithms((1.0, 0.1, 0.0)) == pytest.approx((0.0, -1.0, -12.0))


@pytest.mark.parametrize("log", [False, True])
def test_a_run_that_starts_anew_starts_with_the_first_axis(log: bool) -> None:
    def high(models: LossChartModels, losses: list[float]) -> float:
        curve = curve_of(losses, 100)
        model = models.model(curve, 100, width=60, height=20, log=log, smooth=True)
        return model.y.high

    models = LossChartModels()
    assert high(models, [2.3, 2.5e11]) > 10
    assert high(models, []) == high(LossChartModels(), [])
    assert high(models, [2.3]) == high(LossChartModels(), [2.3])


def test_a_run_made_shorter_than_it_is_ends_at_the_last_column() -> None:
    shown = columns(curve_of([1.0] * 100, 100), 50, 10)
    assert [type(column) for column in shown] == [Column] * 10
