"""Layer statistics: norms, the words for them, and what each row says of a real step."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.runs import SMALL, finish, small_dataset, until
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import ActivationStatistics, ParameterStatistics, Verdict
from tui_backprop.training.statistics import TREND_POINTS, euclidean_norm, gradient_verdict
from tui_backprop.training.trainer import TREND_EVERY, Trainer

DATA = small_dataset()


def parameter_rows(trainer: Trainer) -> dict[str, ParameterStatistics]:
    rows = trainer.layer_rows()
    return {row.name: row for row in rows if isinstance(row, ParameterStatistics)}


def activation_rows(trainer: Trainer) -> dict[str, ActivationStatistics]:
    rows = trainer.layer_rows()
    return {row.layer: row for row in rows if isinstance(row, ActivationStatistics)}


@given(st.lists(st.floats(-1, 1), max_size=9), st.integers(-300, 300))
def test_the_norm_is_right_at_any_magnitude(values: list[float], exponent: int) -> None:
    array = np.array(values) * 10.0**exponent
    expected = math.hypot(*array)
    assert euclidean_norm(array) == pytest.approx(expected, rel=1e-12, abs=1e-320)


@pytest.mark.parametrize("value", [1e-30, 1e-10, 1.0, 1e10, 1e30])
def test_the_norm_of_float32_leaves_its_range_neither_way(value: float) -> None:
    array = np.full((2, 8), value, np.float32)
    assert euclidean_norm(array) == pytest.approx(4 * float(np.float32(value)), rel=1e-6)


def test_the_norm_of_what_is_not_finite_is_not_finite() -> None:
    assert euclidean_norm(np.array([1.0, -np.inf])) == math.inf
    assert math.isnan(euclidean_norm(np.array([1.0, np.nan])))
    assert euclidean_norm(np.zeros((2, 2))) == 0
    assert euclidean_norm(np.zeros(0)) == 0


@pytest.mark.parametrize(
    ("rms", "largest", "verdict"),
    [
        (0.01, 0.01, Verdict.FINE),
        (1e-5, 0.01, Verdict.FINE),
        (0.9e-5, 0.01, Verdict.VANISHING),
        (1.5, 1.5, Verdict.EXPLODING),
        (0.0, 0.01, Verdict.ZERO),
        (0.0, 0.0, Verdict.ZERO),
        (math.inf, math.inf, Verdict.NOT_FINITE),
        (math.nan, 1.0, Verdict.NOT_FINITE),
        (1e-9, math.nan, Verdict.FINE),  # nothing finite to compare with
    ],
)
def test_the_word_for_a_gradient(rms: float, largest: float, verdict: Verdict) -> None:
    assert gradient_verdict(rms, largest) is verdict


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_those_of_the_last_step(dtype: str) -> None:
    wanted = SMALL.with_value("hidden", (5, 4)).with_value("dtype", dtype)
    trainer = until(Trainer(wanted, DATA), 12)
    before = {key: param.copy() for key, param in trainer.net.params.items()}
    batch = trainer.next_minibatch()
    gradient = trainer.net.astype(np.float64).gradient(batch.x, batch.t)
    trainer.work()
    rows = parameter_rows(trainer)
    assert list(rows) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    for key, row in rows.items():
        after = trainer.net.params[key]
        norm = float(np.linalg.norm(after))
        assert row.shape == after.shape
        assert row.norm == pytest.approx(norm, rel=1e-5)
        assert row.gradient_norm == pytest.approx(np.linalg.norm(gradient[key]), rel=1e-4)
        assert row.gradient_rms == pytest.approx(np.sqrt(np.mean(gradient[key] ** 2)), rel=1e-4)
        moved = float(np.linalg.norm((after - before[key]).astype(np.float64)))
        assert row.update_ratio == pytest.approx(moved / norm, rel=1e-3)
        assert row.verdict is Verdict.FINE
    assert list(activation_rows(trainer)) == ["Relu1", "Relu2"]


def test_a_deep_net_of_tiny_weights_vanishes() -> None:
    wanted = SMALL.with_value("hidden", (6,) * 5).with_value("weight_std", 0.01)
    rows = parameter_rows(until(Trainer(wanted, DATA), 1))
    # Each weight gradient is as tiny as the next one: only the last bias tells what is normal.
    assert {rows[f"W{number}"].verdict for number in range(1, 7)} <= {
        Verdict.VANISHING,
        Verdict.ZERO,
    }
    assert rows["b6"].verdict is Verdict.FINE


def test_the_books_net_does_not_vanish() -> None:
    wanted = Hyperparameters(dataset="digits", iterations=100)
    trainer = Trainer(wanted, load_dataset("digits"))
    for iteration in (1, 10, 100):
        rows = parameter_rows(until(trainer, iteration))
        assert {row.verdict for row in rows.values()} == {Verdict.FINE}


def test_a_deep_net_of_large_weights_explodes() -> None:
    wanted = Hyperparameters(
        hidden=(6,) * 5, weight_std=5.0, learning_rate=0.0, batch_size=7, iterations=3, seed=1
    )
    assert parameter_rows(until(Trainer(wanted, DATA), 1))["W1"].verdict is Verdict.EXPLODING


def test_units_that_are_zero_for_every_sample_are_dead() -> None:
    trainer = until(Trainer(SMALL, DATA), 1)
    trainer.net.params["b1"][:3] = -1e3
    trainer.work()
    row = activation_rows(trainer)["Relu1"]
    dead = 1 - trainer.net.layers["Relu1"].active.any(axis=0).mean()  # type: ignore[attr-defined]
    assert row.units == 5
    assert row.share == pytest.approx(dead)
    assert dead >= 0.6
    assert row.measure == "dead"
    assert row.verdict == "dying"


def test_a_dead_layer_stops_the_gradient() -> None:
    trainer = until(Trainer(SMALL, DATA), 1)
    trainer.net.params["b1"][...] = -1e3
    trainer.work()
    rows = parameter_rows(trainer)
    assert rows["W1"].verdict is rows["b1"].verdict is Verdict.ZERO
    assert rows["W2"].verdict is Verdict.ZERO
    assert rows["b2"].verdict is Verdict.FINE
    assert activation_rows(trainer)["Relu1"].share == 1.0


def test_a_bias_before_a_normalization_is_idle_and_alarms_nobody() -> None:
    trainer = until(Trainer(SMALL.with_value("batch_norm", "on"), DATA), 5)
    rows = parameter_rows(trainer)
    assert rows["b1"].verdict == Verdict.IDLE
    assert not Verdict.is_alarming(rows["b1"].verdict)
    assert {rows[key].verdict for key in ("W1", "gamma1", "beta1", "W2", "b2")} == {Verdict.FINE}


def test_no_update_ratio_where_the_parameter_is_zero() -> None:
    wanted = SMALL.with_value("learning_rate", 0.0)
    rows = parameter_rows(until(Trainer(wanted, DATA), 2))
    assert rows["b1"].update_ratio is None
    assert rows["W1"].update_ratio == 0


@pytest.mark.parametrize("iterations", [1, TREND_EVERY, TREND_POINTS * TREND_EVERY + 1])
def test_the_trend_has_a_point_every_few_iterations_and_fits_what_is_planned(
    iterations: int,
) -> None:
    trainer = finish(Trainer(SMALL.with_value("iterations", iterations), DATA))
    trend = trainer.trends.series["W1"]
    curve = trend.curve()
    assert trend.count == math.ceil(iterations / TREND_EVERY)
    planned_width = 2 ** max(0, math.ceil(math.log2(trend.count / TREND_POINTS)))
    assert curve.width == planned_width
    assert parameter_rows(trainer)["W1"].trend == curve.mean
