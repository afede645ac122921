"""The book's figures of chapter 6, seeded: what optimizers, first weights and regularizers do."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

NEAR = 1_900
"""The iteration that the book's figures of 6.1.8 and 6.2.4 are read at."""

FIVE_LAYERS = Hyperparameters(hidden=(100,) * 4, batch_size=128, iterations=NEAR + 100)

OPTIMIZERS = {
    "sgd": (0.01, 0.150),
    "momentum": (0.01, 0.050),
    "adagrad": (0.01, 0.016),
    "adam": (0.001, 0.032),
}
"""Of 6.1.8: the learning rate, and the loss of one minibatch that the book's script printed."""

FIRST_WEIGHTS = {
    "std 0.01": (FIVE_LAYERS, 2.30),
    "Xavier": (FIVE_LAYERS.with_value("init", "xavier"), 0.38),
    "He": (FIVE_LAYERS.with_value("init", "he"), 0.29),
}
"""Of 6.2.4: the settings, all with ReLU and a learning rate of 0.01, and the loss."""

SEVEN_LAYERS = Hyperparameters(
    hidden=(100,) * 6, init="he", batch_size=100, learning_rate=0.01, iterations=603
)
"""Of 6.4, on 300 samples: 201 epochs of 3 iterations."""

SIXTEEN_SCALES = np.logspace(0, -4, 16)
NORMALIZED = Hyperparameters(hidden=(100,) * 4, batch_size=100, learning_rate=0.01, iterations=200)
"""Of 6.3.2, on 1,000 samples: 20 epochs of 10 iterations."""


def cut(data: Dataset, size: int) -> Dataset:
    """Return a data set with the first samples alone to train on."""
    return replace(data, x_train=data.x_train[:size], t_train=data.t_train[:size])


def trained(settings: Hyperparameters, data: Dataset) -> Trainer:
    """Return a trainer that has made all its iterations and no evaluation but the last."""
    trainer = Trainer(settings, data)
    while not trainer.finished and trainer.non_finite is None:
        trainer.work()
    return trainer


def loss_near(settings: Hyperparameters, data: Dataset, near: int = NEAR) -> float:
    """Return the mean loss of the 200 iterations around one, which a single minibatch is not."""
    trainer = Trainer(settings, data)
    losses = []
    while not trainer.finished:
        made = trainer.iteration
        trainer.work()
        if trainer.iteration > made and abs(trainer.iteration - near) <= 100:
            assert trainer.loss is not None
            losses.append(trainer.loss)
    return float(np.mean(losses))


def accuracies(settings: Hyperparameters, data: Dataset) -> tuple[float, float]:
    """Return train and test accuracy at the end."""
    newest = trained(settings, data).evaluations.newest
    assert newest is not None
    return newest.train, newest.test


def measure(rounds: int) -> list[Row]:
    """Return the figures; seeded, they are the same in each round."""
    data = load_dataset("mnist")
    return [*_optimizers(data), *_first_weights(data), *_regularizers(data), _normalized(data)]


def _optimizers(data: Dataset) -> Iterator[Row]:
    for name, (rate, book) in OPTIMIZERS.items():
        settings = replace(FIVE_LAYERS, init="he", optimizer=name, learning_rate=rate)
        loss = loss_near(settings, data)
        yield Row(f"loss near iteration {NEAR:,}, {name} (the book: {book:.3f})", [loss])


def _first_weights(data: Dataset) -> Iterator[Row]:
    for name, (settings, book) in FIRST_WEIGHTS.items():
        loss = loss_near(settings.with_value("learning_rate", 0.01), data)
        yield Row(f"loss near iteration {NEAR:,}, {name} (the book: {book:.2f})", [loss])


def _regularizers(data: Dataset) -> Iterator[Row]:
    few = cut(data, 300)
    for name, settings in regularized().items():
        train, test = accuracies(settings, few)
        yield Row(f"300 samples, 7 layers, {name}: train accuracy", [train])
        yield Row(f"300 samples, 7 layers, {name}: train − test accuracy", [train - test])


def regularized() -> dict[str, Hyperparameters]:
    """Return the settings of 6.4 by what they have against overfitting."""
    return {
        "plain": SEVEN_LAYERS,
        "λ = 0.1": SEVEN_LAYERS.with_value("weight_decay", 0.1),
        "Dropout 0.2": SEVEN_LAYERS.with_value("dropout", 0.2),
    }


def _normalized(data: Dataset) -> Row:
    few = cut(data, 1_000)
    better = 0
    for scale in SIXTEEN_SCALES:
        plain = NORMALIZED.with_value("weight_std", float(scale))
        normalized = plain.with_value("batch_norm", "on")
        better += accuracies(normalized, few)[0] > accuracies(plain, few)[0]
    return Row("1,000 samples, scales of 16 at which BatchNorm learns faster", [better], goal=14)
