"""Ticks: round, within their axis, not too many; and ranges that hold still."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from tui_backprop.ui.charts.ticks import (
    SteadyRange,
    decade_ticks,
    iteration_ticks,
    linear_ticks,
    round_step,
    round_up,
)

SIZES = st.floats(1e-12, 1e300)


@given(SIZES, st.integers(1, 50))
def test_a_step_is_round_and_cuts_into_no_more_parts_than_asked(span: float, most: int) -> None:
    step = round_step(span, most)
    assert span / step <= most * (1 + 1e-6)
    digits = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(digits - n) for n in (1, 2, 2.5, 5, 10)) < 1e-6


@given(SIZES)
def test_round_up_is_close_above(value: float) -> None:
    assert value * (1 - 1e-6) <= round_up(value) <= value * 2


@given(SIZES, st.integers(1, 40))
def test_linear_ticks_lie_within_the_axis(high: float, most: int) -> None:
    ticks = linear_ticks(0.0, high, most)
    assert 1 <= len(ticks) <= most + 1
    assert all(0 <= at <= high * (1 + 1e-6) for at, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks), "each tick has a text of its own"


@given(SIZES, st.integers(1, 40))
def test_the_texts_of_linear_ticks_leave_room_for_the_chart(high: float, most: int) -> None:
    assert all(len(text) <= 9 for _, text in linear_ticks(0.0, high, most))


@given(st.integers(1, 1_000_000_000), st.integers(20, 300))
def test_iteration_ticks_end_with_the_total_and_do_not_touch(total: int, width: int) -> None:
    ticks = iteration_ticks(total, width)
    positions = [at for at, _ in ticks]
    assert positions[0] == 0
    assert positions[-1] == total
    assert positions == sorted(set(positions))
    columns = [at / total * (width - 8) for at in positions]
    for left, right, (_, text) in zip(columns, columns[1:], ticks, strict=False):
        assert right - left > 2, (text, ticks)
    assert sum(len(text) + 1 for _, text in ticks) <= width + 10


@given(st.integers(-12, 20), st.integers(1, 30))
def test_decade_ticks_lie_within_the_axis(low: int, count: int) -> None:
    ticks = decade_ticks(low, low + count)
    assert ticks[0][0] == low
    assert all(low <= at <= low + count for at, _ in ticks)
    assert len(ticks) <= 13


@example([5e-324])
@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=40))
def test_a_steady_range_holds_all_that_was_last_seen(values: list[float]) -> None:
    steady = SteadyRange(2.5)
    for value in values:
        assert steady.include(value) >= value


@given(st.floats(2.6, 1e6), st.floats(0.6, 1.0))
def test_a_steady_range_does_not_follow_small_moves(largest: float, share: float) -> None:
    steady = SteadyRange(2.5)
    high = steady.include(largest)
    assert steady.include(largest * share) == high
