"""Bucketed series: right sums, bounded memory, and old buckets that never change."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.training.series import CAPACITY, BucketedSeries

VALUES = st.lists(st.floats(-1e6, 1e6), max_size=700)
CAPACITIES = st.sampled_from([2, 4, 8, 32])


def series_of(values: list[float], planned: int, capacity: int) -> BucketedSeries:
    series = BucketedSeries(planned, capacity)
    for value in values:
        series.append(value)
    return series


@given(VALUES, st.integers(0, 1000), CAPACITIES)
def test_buckets_hold_what_was_appended(values: list[float], planned: int, capacity: int) -> None:
    curve = series_of(values, planned, capacity).curve()
    chunks = [values[i : i + curve.width] for i in range(0, len(values), curve.width)]
    assert len(chunks) <= capacity
    assert curve.low == tuple(min(chunk) for chunk in chunks)
    assert curve.high == tuple(max(chunk) for chunk in chunks)
    np.testing.assert_allclose(
        curve.mean, [np.mean(chunk) for chunk in chunks], rtol=1e-9, atol=1e-6
    )


@given(VALUES, st.integers(1, 1000), CAPACITIES)
def test_the_width_is_a_power_of_two_and_no_wider_than_needed(
    values: list[float], planned: int, capacity: int
) -> None:
    width = series_of(values, planned, capacity).curve().width
    needed = max(planned, len(values))
    assert width & (width - 1) == 0
    assert needed <= width * capacity
    assert width == 1 or needed > width * capacity // 2


@given(VALUES, st.integers(1, 300), CAPACITIES, st.lists(st.integers(0, 700), max_size=5))
def test_looking_changes_nothing(
    values: list[float], planned: int, capacity: int, looks: list[int]
) -> None:
    watched = BucketedSeries(planned, capacity)
    for number, value in enumerate(values):
        watched.append(value)
        if number in looks:
            watched.curve()
    assert watched.curve() == series_of(values, planned, capacity).curve()


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2000), max_size=9))
def test_looking_before_buckets_merge_changes_no_bit(seed: int, looks: list[int]) -> None:
    values = np.random.default_rng(seed).standard_normal(2000).tolist()
    watched = BucketedSeries(1, 16)
    for number, value in enumerate(values):
        watched.append(value)
        if number in looks:
            watched.curve()
    assert watched.curve() == series_of(values, 1, 16).curve()


@given(VALUES, st.integers(1, 300), CAPACITIES)
def test_complete_buckets_never_change_until_the_width_doubles(
    values: list[float], planned: int, capacity: int
) -> None:
    series = BucketedSeries(planned, capacity)
    curves = []
    for value in values[:150]:
        series.append(value)
        curves.append(series.curve())
    for before, after in pairwise(curves):
        if after.width == before.width:
            complete = len(before.mean) - 1
            assert after.mean[:complete] == before.mean[:complete]
            assert after.low[:complete] == before.low[:complete]
            assert after.high[:complete] == before.high[:complete]
        else:
            assert after.width == 2 * before.width


@given(VALUES, CAPACITIES)
def test_merging_gives_the_coarser_series(values: list[float], capacity: int) -> None:
    merged = series_of(values, 1, capacity).curve()
    coarse = series_of(values, len(values), capacity).curve()
    assert (merged.width, merged.low, merged.high) == (coarse.width, coarse.low, coarse.high)
    np.testing.assert_allclose(merged.mean, coarse.mean, rtol=1e-9, atol=1e-6)


@given(VALUES, VALUES, st.integers(1, 300), CAPACITIES)
def test_a_restored_series_goes_on_as_the_original(
    before: list[float], after: list[float], planned: int, capacity: int
) -> None:
    original = series_of(before, planned, capacity)
    stored = original.state()
    kept = {key: array.copy() for key, array in stored.items()}
    resumed = BucketedSeries(7, capacity)
    resumed.append(3.0)
    resumed.restore(stored)
    assert resumed.curve() == original.curve()
    for value in after:
        original.append(value)
        resumed.append(value)
    assert resumed.curve() == original.curve()
    for key, array in kept.items():
        np.testing.assert_array_equal(stored[key], array)


def test_memory_is_bounded_whatever_comes() -> None:
    series = BucketedSeries(10)
    sizes = set()
    for _ in range(40):
        for value in range(1000):
            series.append(float(value))
        sizes.add(sum(array.nbytes for array in series.state().values()))
        assert len(series.curve().mean) <= CAPACITY
    assert len(sizes) == 1
    assert series.count == 40_000


def test_the_largest_numbers_have_a_mean() -> None:
    largest = float(np.finfo(np.float64).max)
    curve = series_of([largest] * 4, 4, 2).curve()
    assert curve.high == (largest, largest)
    assert curve.mean == pytest.approx((largest, largest))


@given(st.lists(VALUES, max_size=5), CAPACITIES)
def test_the_recent_mean_is_of_each_value_once_however_often_the_curve_is_drawn(
    parts: list[list[float]], capacity: int
) -> None:
    drawn, undrawn = BucketedSeries(10, capacity), BucketedSeries(10, capacity)
    for part in parts:
        for number, value in enumerate(part):
            drawn.append(value)
            undrawn.append(value)
            if number % 100 == 0:
                drawn.curve()
        mean = drawn.recent_mean()
        assert mean == undrawn.recent_mean()
        assert mean == (pytest.approx(np.mean(part), abs=1e-6) if part else None)


def test_a_recent_mean_of_too_large_a_sum_is_none() -> None:
    series = series_of([1e308, 1e308], 10, 8)
    assert series.recent_mean() is None
    series.append(2.0)
    assert series.recent_mean() == 2.0
