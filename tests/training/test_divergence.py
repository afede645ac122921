"""Divergence: training stops before the first non-finite update, says where, and keeps the rest."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import SMALL, bits, finish, small_dataset, until
from tui_backprop.nn.optimizers import Proposal
from tui_backprop.nn.parameters import Parameters
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import ActivationStatistics, Verdict
from tui_backprop.training.trainer import Trainer

DATA = small_dataset()


def all_finite(trainer: Trainer) -> bool:
    return all(np.isfinite(param).all() for param in trainer.net.params.values())


@settings(max_examples=40)
@given(
    st.floats(1e3, 1e6),
    st.sampled_from([(5,), (4, 3), (4, 4, 4, 4, 4, 4, 4, 4)]),
    st.floats(0.3, 100),
    st.sampled_from(["float32", "float64"]),
)
def test_parameters_stay_finite_at_absurd_settings(
    learning_rate: float, hidden: tuple[int, ...], weight_std: float, dtype: str
) -> None:
    wanted = Hyperparameters(
        dataset="small",
        hidden=hidden,
        weight_std=weight_std,
        dtype=dtype,
        learning_rate=learning_rate,
        batch_size=7,
        iterations=40,
    )
    trainer = finish(Trainer(wanted, DATA))
    trainer.snapshot()
    assert all_finite(trainer)
    assert trainer.loss is None or math.isfinite(trainer.loss)


def diverging() -> Hyperparameters:
    return Hyperparameters(
        dataset="small",
        hidden=(4,) * 8,
        weight_std=100.0,
        learning_rate=1e6,
        batch_size=7,
        iterations=500,
    )


def test_it_stops_at_the_first_non_finite_iteration_and_stays_there() -> None:
    trainer = finish(Trainer(diverging(), DATA))
    stop = trainer.non_finite
    assert stop is not None
    assert stop.iteration == trainer.iteration + 1
    assert not trainer.finished
    assert trainer.snapshot().non_finite == stop
    before = bits(trainer)
    for _ in range(3):
        trainer.work()
    assert (trainer.iteration, bits(trainer)) == (stop.iteration - 1, before)
    twin = until(Trainer(diverging(), DATA), stop.iteration - 1)
    assert bits(twin) == before
    batch = twin.next_minibatch()
    with np.errstate(all="ignore"):
        twin.net.loss(batch.x, batch.t)
        new = [
            param - np.float32(1e6) * grad
            for param, grad in zip(
                twin.net.params.values(), twin.net.backward().values(), strict=True
            )
        ]
    assert not all(np.isfinite(array).all() for array in new)


def test_an_infinite_output_names_its_layer() -> None:
    trainer = until(Trainer(SMALL.with_value("hidden", (5, 4)), DATA), 3)
    trainer.net.params["W2"][...] = 1e38
    trainer.net.params["W1"][...] = 10
    trainer.work()
    assert trainer.non_finite is not None
    assert (trainer.non_finite.iteration, trainer.non_finite.where, trainer.non_finite.what) == (
        4,
        "Affine2",
        "output",
    )
    assert trainer.iteration == 3
    rows = trainer.layer_rows()
    dead = [row.share for row in rows if isinstance(row, ActivationStatistics)]
    assert dead == [None, None], "those of the refused iteration are not those of the last one"


def test_an_infinite_update_names_its_parameter() -> None:
    trainer = until(Trainer(SMALL, DATA), 3)
    trainer.net.params["W2"][...] = np.array([[3e36, -3e36, 0]], np.float32)
    trainer.net.params["W1"][...] = 0.01
    trainer.apply_live(SMALL.with_value("learning_rate", 1e6))
    before = bits(trainer)
    trainer.work()
    assert trainer.non_finite is not None
    assert (trainer.non_finite.where, trainer.non_finite.what) == ("W1", "update")
    assert bits(trainer) == before
    rows = {getattr(row, "name", row.layer): row for row in trainer.layer_rows()}
    assert rows["W1"].verdict in (Verdict.EXPLODING, Verdict.NOT_FINITE)


def test_a_finite_update_that_would_overflow_its_parameter_is_refused() -> None:
    largest = np.finfo(np.float32).max
    params = {"W": np.array([1, largest], np.float32), "b": np.zeros(1, np.float32)}
    fits = {"W": np.array([largest, -1], np.float32), "b": np.ones(1, np.float32)}
    overflows = {"W": np.array([0, largest / 2], np.float32), "b": np.ones(1, np.float32)}
    broken = {**fits, "b": np.array([np.nan], np.float32)}
    with np.errstate(all="ignore"):
        assert Proposal(Parameters(fits), {}).first_not_finite(params) is None
        assert Proposal(Parameters(overflows), {}).first_not_finite(params) == "W"
        assert Proposal(Parameters(broken), {}).first_not_finite(params) == "b"
        state = {"v": Parameters(broken)}
        assert Proposal(Parameters(fits), state).first_not_finite(params) == "b"


def test_a_smaller_learning_rate_lets_it_go_on() -> None:
    trainer = until(Trainer(SMALL, DATA), 3)
    kept = trainer.net.params["W2"].copy()
    trainer.net.params["W2"][...] = np.inf
    trainer.work()
    assert trainer.non_finite is not None
    trainer.net.params["W2"][...] = kept
    trainer.apply_live(SMALL.with_value("learning_rate", 0.01))
    assert trainer.non_finite is None
    finish(trainer)
    assert trainer.finished


def test_an_evaluation_of_huge_parameters_warns_of_nothing() -> None:
    trainer = Trainer(SMALL, DATA)
    for param in trainer.net.params.values():
        param[...] = 1e38
    while trainer.evaluating:
        trainer.work()
    trainer.snapshot()
    assert 0 <= trainer.evaluations.points()[-1].train <= 1


def test_what_numpy_warns_of_elsewhere_stays_as_it_was() -> None:
    before = np.geterr()
    trainer = until(Trainer(SMALL, DATA), 3)
    assert np.geterr() == before
    with np.errstate(all="raise"):
        trainer.net.params["W2"][...] = np.inf
        trainer.work()
        assert set(np.geterr().values()) == {"raise"}
    assert trainer.non_finite is not None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_too_large_to_square_have_norms(dtype: str) -> None:
    trainer = until(Trainer(SMALL.with_value("dtype", dtype), DATA), 3)
    for grad in trainer.net.grads.values():
        grad[...] = np.finfo(grad.dtype).max / 1e3
    rows = trainer.layer_rows()
    assert all(row.verdict is Verdict.EXPLODING for row in rows if hasattr(row, "gradient_norm"))
