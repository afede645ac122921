"""Schedules: η of every iteration known before it comes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.settings.catalogue import SCHEDULES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.schedules import learning_rate, planned_rates


def rates(settings: Hyperparameters, made: Sequence[int]) -> list[float]:
    rate = learning_rate(settings)
    return [rate(number) for number in made]


def test_by_default_the_rate_stays_as_it_is_set() -> None:
    assert rates(Hyperparameters(learning_rate=0.3), [0, 1, 9_999]) == [0.3] * 3


def test_steps_multiply_it_every_so_many_iterations() -> None:
    settings = Hyperparameters(learning_rate=0.8, schedule="step").with_value("step_every", 10)
    assert rates(settings, [0, 9, 10, 19, 20]) == [0.8, 0.8, 0.4, 0.4, 0.2]


def test_a_cosine_falls_from_all_to_nothing() -> None:
    settings = Hyperparameters(learning_rate=0.8, schedule="cosine", iterations=100)
    found = rates(settings, [0, 25, 50, 75, 100, 101])
    assert found == pytest.approx([0.8, 0.6828427, 0.4, 0.1171573, 0, 0])
    assert all(rate >= 0 for rate in found)


@pytest.mark.parametrize("schedule", [entry.name for entry in SCHEDULES])
def test_a_warm_up_grows_to_what_the_schedule_says(schedule: str) -> None:
    settings = Hyperparameters(learning_rate=0.8, schedule=schedule, iterations=1000)
    cold = settings.with_value("warmup", 4)
    plain, warmed = (rates(some, range(8)) for some in (settings, cold))
    shares = [warm / rate for warm, rate in zip(warmed, plain, strict=True)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])


def test_the_planned_rates_are_those_of_iterations_from_the_first_to_the_last() -> None:
    assert planned_rates(Hyperparameters(), 7) == []
    settings = Hyperparameters(learning_rate=0.8, schedule="cosine", iterations=101)
    assert planned_rates(settings, 5) == rates(settings, [0, 25, 50, 75, 100])
    cold = Hyperparameters(learning_rate=0.8, warmup=50, iterations=101)
    assert planned_rates(cold, 3) == pytest.approx([0.016, 0.8, 0.8])
    assert planned_rates(settings.with_value("iterations", 1), 5) == []


@given(
    st.sampled_from([entry.name for entry in SCHEDULES]),
    st.integers(0, 10**9),
    st.integers(1, 10**9),
    st.integers(0, 10**9),
)
def test_no_schedule_leaves_0_to_the_rate_that_is_set(
    schedule: str, made: int, planned: int, warmup: int
) -> None:
    settings = Hyperparameters(
        learning_rate=0.1, schedule=schedule, iterations=planned, warmup=warmup
    )
    assert 0 <= learning_rate(settings)(made) <= 0.1
