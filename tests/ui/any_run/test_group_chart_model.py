"""Charts of any metrics: axes that hold whatever comes, and one point a column."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.runs.foreign.step_series import StepCurve, StepSeries
from tui_backprop.ui.any_run.group_chart_model import group_chart
from tui_backprop.ui.any_run.metric_groups import MetricGroup
from tui_backprop.ui.charts.loss_chart_model import RAW_BEHIND
from tui_backprop.ui.charts.plotext_adapter import draw_chart

GROUP = MetricGroup("loss", ("loss", "val_loss"), ("loss", "val"))
NUMBERS = st.floats()


def curve(points: Sequence[tuple[float | None, float]]) -> StepCurve:
    series = StepSeries()
    for step, value in points:
        series.append(step, value)
    return series.curve()


@given(
    st.lists(st.tuples(st.floats(-1e15, 1e15) | st.none(), NUMBERS), max_size=20),
    st.lists(st.tuples(st.floats(-1e15, 1e15) | st.none(), NUMBERS), max_size=20),
    st.booleans(),
)
def test_any_curves_have_a_chart(
    first: list[tuple[float | None, float]], second: list[tuple[float | None, float]], log: bool
) -> None:
    curves = {"loss": curve(first), "val_loss": curve(second)}
    model = group_chart(GROUP, curves, width=60, height=12, log=log)
    for axis in (model.x, model.y):
        assert math.isfinite(axis.low)
        assert axis.low < axis.high
        assert len(axis.ticks) < 40
    for line in model.lines:
        assert all(map(math.isfinite, (*line.xs, *line.ys)))


def test_many_points_are_a_mean_and_a_range_a_column() -> None:
    points = [(float(n), 1.0 if n % 2 else 3.0) for n in range(1, 1001)]
    model = group_chart(GROUP, {"loss": curve(points)}, width=60, height=12, log=False)
    behind, line = model.lines
    assert behind.part == RAW_BEHIND
    assert (min(behind.ys), max(behind.ys)) == (1.0, 3.0)
    assert len(line.xs) <= 53
    assert all(1.8 < y < 2.2 for y in line.ys[1:-1])


def test_the_axis_of_steps_moves_on_only_now_and_then() -> None:
    ends = {
        group_chart(
            GROUP, {"loss": curve([(float(n), 1.0) for n in range(1, last + 1)])},
            width=60, height=12, log=False,
        ).x.high
        for last in range(50, 100)
    }  # fmt: skip
    assert len(ends) <= 4


def test_it_is_drawn() -> None:
    curves = {"loss": curve([(1, 1e-320), (2, 2e-320)]), "val_loss": curve([(5e8, -1e99)])}
    model = group_chart(GROUP, curves, width=60, height=12, log=True)
    assert len(draw_chart(model, 60, 12, marker="braille")) == 12
