"""Whatever the catalogue offers trains, is looked at without a change, and learns."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.runs import SMALL, bits, finish, small_dataset, until
from tui_backprop.datasets import load_dataset
from tui_backprop.nn.optimizers import Proposal
from tui_backprop.settings.catalogue import (
    ACTIVATIONS,
    INITIALIZERS,
    LAYERS,
    OPTIMIZERS,
    SCHEDULES,
)
from tui_backprop.settings.fields import FlagField
from tui_backprop.settings.hyperparameters import FIELDS, Hyperparameters
from tui_backprop.training.net_building import blueprint_of
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.trace import trace

DATA = small_dataset()
PARTS = (*LAYERS, *INITIALIZERS, *OPTIMIZERS, *SCHEDULES)


def every_choice() -> list[Hyperparameters]:
    """Return the settings with one thing of the catalogue chosen in each."""
    chosen = [SMALL.with_value("activation", entry.name) for entry in ACTIVATIONS]
    chosen += [SMALL.with_value("optimizer", entry.name) for entry in OPTIMIZERS]
    chosen += [SMALL.with_value("init", entry.name) for entry in INITIALIZERS]
    chosen += [SMALL.with_value("schedule", entry.name) for entry in SCHEDULES]
    chosen += [SMALL.with_value("warmup", 30), SMALL.with_value("weight_decay", 0.01)]
    chosen += [SMALL.with_value("clip", 0.1)]
    for entry in LAYERS:
        if entry.switch is not None:
            on = "on" if isinstance(entry.switch, FlagField) else 0.4
            chosen.append(SMALL.with_value(entry.switch.name, on))
    chains = (
        "conv 3 2x2 pad 1, batch_norm, relu, pool 2, dropout 0.2, affine 3",
        "conv 4 1x2, tanh, mean_pool 2, flatten, affine 5, leaky_relu, affine 3",
    )
    return chosen + [SMALL.with_value("layers", chain) for chain in chains]


@pytest.mark.parametrize("settings", every_choice(), ids=str)
def test_it_trains_traced_or_not_and_as_its_tape_says(settings: Hyperparameters) -> None:
    settings = replace(settings, iterations=200, learning_rate=0.03)
    alone, watched = finish(Trainer(settings, DATA)), Trainer(settings, DATA)
    while not watched.finished:
        batch = watched.next_minibatch()
        tape = trace(watched.net, watched.optimizer, batch.x, batch.t, watched.next_pass)
        watched.snapshot()
        iteration = watched.iteration
        watched.work()
        if watched.iteration > iteration:
            for key, param in watched.net.params.items():
                np.testing.assert_array_equal(tape.find(f"{key}′").output.array, param)
                for symbol, part in watched.optimizer.state(key).items():
                    made = tape.find(f"{symbol}′ of {key}").output.array
                    np.testing.assert_array_equal(made, part)
    assert bits(watched) == bits(alone)
    assert watched.snapshot() == alone.snapshot()
    losses = alone.losses.curve().mean
    assert np.mean(losses[-40:]) < np.mean(losses[:40])


@pytest.mark.parametrize("settings", every_choice(), ids=str)
def test_its_fields_are_among_those_that_apply(settings: Hyperparameters) -> None:
    applying = {field.name for field in settings.applying_fields()}
    own = {field.name for entry in PARTS for field in entry.fields}
    if settings.layers:
        own |= {"hidden", "activation", "batch_norm", "dropout"}
    assert {field.name for field in FIELDS} - own <= applying
    entry = next(entry for entry in OPTIMIZERS if entry.name == settings.optimizer)
    assert {field.name for field in entry.fields} <= applying
    assert ("momentum" in applying) == (settings.optimizer in ("momentum", "nesterov"))
    assert ("weight_std" in applying) == (settings.init == "std")
    assert ("step_every" in applying) == (settings.schedule == "step")


def test_layers_stand_in_the_books_order() -> None:
    settings = SMALL.with_value("batch_norm", "on").with_value("dropout", 0.3)
    names = [layer.name for layer in blueprint_of(settings, DATA).layers]
    assert names == ["Affine1", "BatchNorm1", "Relu1", "Dropout1", "Affine2"]


@pytest.mark.parametrize("optimizer", [entry.name for entry in OPTIMIZERS])
def test_a_refused_update_leaves_no_trace(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refused step's velocity stayed, so that every later step was refused too."""
    settings = SMALL.with_value("optimizer", optimizer)
    trainer, twin = (until(Trainer(settings, DATA), 3) for _ in range(2))
    trainer.apply_live(settings.with_value("learning_rate", 1e6))
    with monkeypatch.context() as patch:
        patch.setattr(Proposal, "first_not_finite", lambda *_: "W1")
        trainer.work()
    assert trainer.non_finite is not None
    assert (trainer.non_finite.where, trainer.non_finite.what) == ("W1", "update")
    trainer.apply_live(settings)
    assert bits(finish(trainer)) == bits(finish(twin))


def test_regression_learns_the_sine() -> None:
    settings = Hyperparameters(
        dataset="sine",
        hidden=(30, 30),
        activation="sigmoid",
        weight_std=1.0,
        optimizer="adam",
        learning_rate=0.01,
        batch_size=20,
        iterations=2000,
    )
    trainer = finish(Trainer(settings, load_dataset("sine")))
    newest = trainer.evaluations.newest
    assert newest is not None
    assert 0.05 < newest.train < 0.15
    assert 0.05 < newest.test < 0.2


def test_dropout_draws_anew_in_each_iteration_and_not_in_an_evaluation() -> None:
    trainer = until(Trainer(SMALL.with_value("dropout", 0.4), DATA), 1)
    layer = trainer.net.layers["Dropout1"]
    first = layer.arrays["mask"].copy()
    until(trainer, 2)
    assert (layer.arrays["mask"] != first).any()
    x = np.ones((7, 5), np.float32)
    np.testing.assert_array_equal(
        layer.around({}).forward(x, trainer.next_pass), layer.forward(x, trainer.next_pass)
    )


def test_batch_normalization_predicts_with_what_it_has_seen() -> None:
    trainer = finish(Trainer(SMALL.with_value("batch_norm", "on"), DATA))
    x = DATA.x_test / np.float32(255)
    alone = np.concatenate([trainer.net.predict(row[np.newaxis]) for row in x])
    np.testing.assert_allclose(alone, trainer.net.predict(x), rtol=1e-5)
