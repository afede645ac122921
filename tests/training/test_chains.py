"""Nets given layer by layer: trained, refused in one line where they cannot be, and to the bit."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.runs import SMALL, bits, finish, small_dataset
from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import NotEnoughMemoryError, check_memory
from tui_backprop.training.net_building import blueprint_of
from tui_backprop.training.trainer import Trainer

DIGITS = Hyperparameters(
    dataset="digits",
    layers="conv 8 3x3, relu, pool 2, affine 30, relu, affine 10",
    weight_std=0.1,
    optimizer="adam",
    learning_rate=0.005,
    iterations=600,
)


def test_a_convolutional_net_learns_the_digits() -> None:
    trainer = finish(Trainer(DIGITS, load_dataset("digits")))
    newest = trainer.evaluations.newest
    assert newest is not None
    assert newest.train > 0.98
    assert newest.test > 0.93
    names = ["Conv1", "Relu1", "Pool1", "Flatten1", "Affine1", "Relu2", "Affine2"]
    assert list(trainer.net.layers) == names
    assert trainer.net_title == "conv8 relu pool2 affine30 relu affine10"


def test_a_chain_of_the_usual_layers_is_the_usual_net() -> None:
    usual = SMALL.with_values(hidden=(5, 4), activation="tanh", dropout=0.3)
    chain = replace(
        usual, layers="affine 5, tanh, dropout 0.3, affine 4, tanh, dropout 0.3, affine 3"
    )
    data = small_dataset()
    assert bits(finish(Trainer(usual, data))) == bits(finish(Trainer(chain, data)))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            "affine 5, relu, affine 4",
            "layers 'affine 4' (layer 3): the last one must be 'affine 3'",
        ),
        ("relu, flatten", "layers 'flatten' (layer 2): the last one must be 'affine 3'"),
        ("conv 2 3, affine 3", "layers 'conv 2 3' (layer 1) on small: a window of 3x3 does not"),
        ("affine 9, conv 2 2", "layers 'conv 2 2' (layer 2) on small: samples of shape (9) are no"),
    ],
)
def test_a_chain_that_does_not_fit_is_refused_at_its_layer(layers: str, message: str) -> None:
    with pytest.raises(DatasetError) as caught:
        Trainer(replace(SMALL, layers=layers), small_dataset())
    assert str(caught.value).startswith(message)


def test_a_net_too_large_is_refused_before_it_is_made() -> None:
    settings = Hyperparameters(layers="conv 10000 3x3 pad 1, affine 10000, affine 10")
    blueprint = blueprint_of(settings, load_dataset("mnist"))
    with pytest.raises(NotEnoughMemoryError, match="these layers: 78,400,") as caught:
        check_memory(settings, blueprint, 10**9)
    assert caught.value.field == "layers"


def test_few_samples_are_scored_at_a_time_where_a_net_makes_much_of_each() -> None:
    data = load_dataset("digits")
    trainer = Trainer(replace(DIGITS, layers="conv 200 3x3 pad 1, relu, affine 10"), data)
    pieces = 1
    trainer.work()
    while trainer.evaluating:
        trainer.work()
        pieces += 1
    assert pieces > 10
    scores = trainer.net.predict(np.float32(data.x_train / data.scale).reshape(-1, 1, 8, 8))
    newest = trainer.evaluations.newest
    assert newest is not None
    assert newest.train == np.mean(scores.argmax(axis=1) == data.t_train)
