"""A metric in bounded memory: what is kept of it, and at which steps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.runs.foreign.reading import Reading
from tui_backprop.runs.foreign.step_series import CAPACITY, MOST_METRICS, MetricTable, StepSeries


def series(values: list[float]) -> StepSeries:
    made = StepSeries()
    for step, value in enumerate(values):
        made.append(float(step), value)
    return made


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=3000))
def test_whatever_is_thinned_the_extremes_the_mean_and_the_last_step_are_kept(
    values: list[float],
) -> None:
    made = series(values)
    curve = made.curve()
    assert len(curve.steps) <= CAPACITY
    assert (min(curve.low), max(curve.high)) == (min(values), max(values))
    assert (made.low, made.high, made.last) == (min(values), max(values), values[-1])
    assert curve.steps[-1] == len(values) - 1
    assert list(curve.steps) == sorted(set(curve.steps))
    assert all(
        low <= mean <= high or math.isclose(low, mean, rel_tol=1e-9)
        for low, mean, high in zip(curve.low, curve.mean, curve.high, strict=True)
    )


def test_an_endless_run_takes_no_more_memory() -> None:
    made = series([float(n % 7) for n in range(100_000)])
    assert CAPACITY / 2 <= len(made.curve().steps) <= CAPACITY
    assert made.count == 100_000
    assert sum(made.curve().mean) / len(made.curve().mean) == pytest.approx(3.0, abs=0.01)


def test_steps_that_go_back_are_counted_on_and_that_is_told() -> None:
    made = StepSeries()
    for step in (10.0, 20.0, 5.0, 6.0, 30.0):
        made.append(step, 1.0)
    assert made.curve().steps == (10.0, 20.0, 21.0, 22.0, 30.0)
    assert made.summary("loss").went_back


def test_steps_that_are_not_told_are_counted() -> None:
    made = StepSeries()
    for _ in range(3):
        made.append(None, 1.0)
    assert made.curve().steps == (1.0, 2.0, 3.0)
    assert not made.summary("loss").went_back


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308])
def test_what_is_not_finite_is_the_last_value_but_not_on_the_curve(value: float) -> None:
    made = StepSeries()
    made.append(1.0, value)
    assert (made.summary("x").low, made.summary("x").high) == (None, None)
    made.append(2.0, 0.5)
    made.append(3.0, value)
    assert made.curve().mean == (0.5,)
    assert (made.summary("x").low, made.summary("x").count) == (0.5, 3)
    assert math.isnan(made.last) if math.isnan(value) else made.last == value


def test_a_range_counts_as_it_is_told() -> None:
    made = StepSeries()
    made.append(1.0, 0.5, (0.25, 0.5, 4.0))
    assert made.curve() == ((1.0,), (0.5,), (0.25,), (4.0,))
    assert (made.low, made.high) == (0.25, 4.0)


def test_there_are_only_so_many_metrics() -> None:
    table = MetricTable()
    table.take([Reading(f"m{n}", 1.0, 1.0) for n in range(MOST_METRICS + 5)])
    assert (len(table.summaries()), table.left_out) == (MOST_METRICS, True)
