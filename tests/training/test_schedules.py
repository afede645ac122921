"""The learning rate of every iteration of a run, changed live or not, and on its tape."""

import numpy as np
import pytest

from tests.training.runs import SMALL, bits, finish, small_dataset, until
from tui_backprop.nn import Adam
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.schedules import learning_rate
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.trace import trace

DATA = small_dataset()
COSINE = SMALL.with_value("schedule", "cosine").with_value("warmup", 10)


def next_tape(trainer: Trainer) -> Tape:
    batch = trainer.next_minibatch()
    return trace(trainer.net, trainer.optimizer, batch.x, batch.t, trainer.next_pass)


def rate_on(tape: Tape) -> float:
    named = tape.find("W1′").input("η")
    assert named is not None
    return float(named.array)


def test_each_iteration_has_its_rate_and_its_tape_shows_it() -> None:
    trainer, expected = Trainer(COSINE, DATA), learning_rate(COSINE)
    for made in range(COSINE.iterations):
        until(trainer, made)
        tape = next_tape(trainer)
        assert rate_on(tape) == trainer.optimizer.lr == expected(made)
        before = trainer.net.params["W1"].copy()
        trainer.work()
        update = trainer.net.params["W1"] - before
        assert np.abs(update).max() > 0
        np.testing.assert_allclose(
            update, -np.float32(expected(made)) * trainer.net.grads["W1"], rtol=0.02, atol=1e-6
        )


def test_a_rate_changed_live_goes_on_along_the_schedule() -> None:
    trainer = until(Trainer(COSINE, DATA), 30)
    doubled = COSINE.with_value("learning_rate", 2 * COSINE.learning_rate)
    trainer.apply_live(doubled)
    assert trainer.optimizer.lr == learning_rate(doubled)(30) == 2 * learning_rate(COSINE)(30)
    until(trainer, 31)
    assert trainer.optimizer.lr == learning_rate(doubled)(31)


def test_more_iterations_stretch_the_cosine() -> None:
    trainer = until(Trainer(COSINE, DATA), 30)
    trainer.apply_live(COSINE.with_value("iterations", 120))
    assert trainer.optimizer.lr > learning_rate(COSINE)(30)


def test_with_nothing_switched_on_a_run_is_what_it_was() -> None:
    """Written out: no schedule, no decay, no clipping, and the weights' plain width."""
    trainer = Trainer(SMALL, DATA)
    rng, _ = np.random.default_rng(SMALL.seed).spawn(2)
    drawn = (SMALL.weight_std * rng.standard_normal((6, 5))).astype(np.float32)
    np.testing.assert_array_equal(trainer.net.params["W1"], drawn)
    finish(trainer)
    spelt_out = Hyperparameters(**{**SMALL.to_dict(), "clip": 0.0, "weight_decay": 0.0})
    assert bits(finish(Trainer(spelt_out, DATA))) == bits(trainer)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_decay_and_clipping_are_steps_of_the_tape(optimizer: str) -> None:
    settings = SMALL.with_value("weight_decay", 0.1).with_value("clip", 0.2)
    settings = settings.with_value("optimizer", optimizer)
    trainer = until(Trainer(settings, DATA), 5)
    tape = next_tape(trainer)
    formulas = {step.output.label: step.formula for step in tape}
    assert formulas["qW1"] == "qW1 = ½ λ Σⱼ W1²"
    assert formulas["loss"] == "loss = L + Σ qW1 + Σ qW2"
    assert formulas["loss′"] == "loss′ = L′ + Σ qW1′ + Σ qW2′"
    assert formulas["dW1"] == "dW1 = dW + λ W1"
    assert formulas["f"] == "f = min(1, c / √‖g‖²)"
    assert formulas["dW′ of b2"] == "db2 ← f db2"
    factor = float(tape.find("f").output.array)
    norm = float(np.sqrt(tape.find("‖g‖²").output.array))
    assert factor == pytest.approx(min(1, 0.2 / norm))
    used = tape.find("W1′").input("dW") or tape.find("m′ of W1").input("dW")
    assert used is not None
    assert used.label == "dW′ of W1"
    numbers = [step.number for step in tape]
    assert tape.find("dW1").number < tape.find("f").number < tape.find("W1′").number
    assert all(derive(tape, n, (0,) * tape.step(n).output.array.ndim).agrees for n in numbers)
    assert tape.parameter_of_gradient(tape.find("dW1").number) == "W1"
    trainer.work()
    assert tape.prediction is not None
    assert trainer.loss == tape.prediction.loss_before
    np.testing.assert_array_equal(trainer.net.params["W1"], tape.find("W1′").output.array)


def test_the_prediction_is_of_the_whole_loss() -> None:
    settings = SMALL.with_value("weight_decay", 0.5).with_value("learning_rate", 1e-3)
    settings = settings.with_value("dtype", "float64")
    prediction = next_tape(until(Trainer(settings, DATA), 5)).prediction
    assert prediction is not None
    actual = prediction.loss_after - prediction.loss_before
    assert actual == pytest.approx(prediction.change, rel=0.01)


def test_adams_step_counts_go_on_beside_the_schedule() -> None:
    trainer = until(Trainer(COSINE.with_value("optimizer", "adam"), DATA), 20)
    assert isinstance(trainer.optimizer, Adam)
    assert trainer.optimizer.constants(21)["η"] == learning_rate(COSINE)(20)
