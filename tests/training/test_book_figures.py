"""Chapter 6 of the book in small, seeded: which optimizers and first weights learn faster."""

from dataclasses import replace

import pytest

from tests.benchmarks.book_figures import loss_near
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters

DIGITS = load_dataset("digits")
FIVE_LAYERS = Hyperparameters(
    dataset="digits",
    hidden=(50,) * 4,
    init="he",
    batch_size=128,
    learning_rate=0.01,
    iterations=500,
)


def test_momentum_adagrad_and_adam_are_ahead_of_plain_descent() -> None:
    losses = {
        name: loss_near(replace(FIVE_LAYERS, optimizer=name, learning_rate=rate), DIGITS, 400)
        for name, rate in (("sgd", 0.01), ("momentum", 0.01), ("adagrad", 0.01), ("adam", 0.001))
    }
    assert losses["sgd"] > 2 * losses["momentum"] > 2 * losses["adagrad"]
    assert losses["sgd"] > 2 * losses["adam"]


def test_weights_too_narrow_learn_nothing_and_he_learns_faster_than_xavier() -> None:
    losses = {
        name: loss_near(FIVE_LAYERS.with_value("init", name), DIGITS, 400)
        for name in ("std", "xavier", "he")
    }
    assert losses["std"] == pytest.approx(2.30, abs=0.01)
    assert 2 * losses["he"] < losses["xavier"] < losses["std"] - 0.2
