"""The book's figures of chapter 6, seeded: what optimizers, first weights and regularizers do."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import EVALUATION
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

NEAR = 1_900
"""The iteration that the book's figures of 6.1.8 and 6.2.4 are read at."""

AROUND = 100
"""Iterations before it and behind it whose losses are averaged."""

FIVE_LAYERS = Hyperparameters(hidden=(100,) * 4, batch_size=128, iterations=NEAR + 100)

OPTIMIZERS = {
    "sgd": (0.01, 0.150, 0.203),
    "momentum": (0.01, 0.050, 0.065),
    "adagrad": (0.01, 0.016, 0.031),
    "adam": (0.001, 0.032, 0.039),
}
"""Of 6.1.8: the learning rate, the loss printed, and what the book's code gives by `loss_near`.

The script prints the loss of one minibatch, the same for all four. With that code, run with eight
seeds, one in five has an AdaGrad loss of 0.016 or less; the last figures are the seeds' means.
"""

SEEDS = range(5)

FIRST_WEIGHTS = {
    "std 0.01": (FIVE_LAYERS, 2.30),
    "Xavier": (FIVE_LAYERS.with_value("init", "xavier"), 0.38),
    "He": (FIVE_LAYERS.with_value("init", "he"), 0.29),
}
"""Of 6.2.4: the settings, all with ReLU and a learning rate of 0.01, and the loss."""

SEVEN_LAYERS = Hyperparameters(
    hidden=(100,) * 6, init="he", batch_size=100, learning_rate=0.01, iterations=201 * 3
)
REGULARIZED = {
    "plain": SEVEN_LAYERS,
    "λ = 0.1": SEVEN_LAYERS.with_value("weight_decay", 0.1),
    "Dropout 0.2": SEVEN_LAYERS.with_value("dropout", 0.2).with_value("iterations", 301 * 3),
}
"""Of 6.4, on 300 samples, by what the net has against overfitting; an epoch is 3 iterations.

With Dropout the script goes on for longer, and the net learns slowly: train accuracy tells.
"""

SIXTEEN_SCALES = np.logspace(0, -4, 16)
NORMALIZED = Hyperparameters(hidden=(100,) * 4, batch_size=100, learning_rate=0.01, iterations=200)
"""Of 6.3.2, on 1,000 samples: 20 epochs of 10 iterations."""


def cut(data: Dataset, size: int) -> Dataset:
    """Return a data set with the first samples alone to train on."""
    return replace(data, x_train=data.x_train[:size], t_train=data.t_train[:size])


def loss_near(settings: Hyperparameters, data: Dataset, near: int = NEAR) -> float:
    """Return the loss of a minibatch right after its own update, as the book's scripts take it.

    It is the mean of the iterations around one.
    """
    trainer = Trainer(settings, data)
    looked_at = trainer.net.around(trainer.net.params)
    losses = []
    while not trainer.finished:
        made, batch = trainer.iteration, trainer.next_minibatch()
        x, t = batch.x.copy(), batch.t
        trainer.work()
        if trainer.iteration > made and abs(made - near) <= AROUND:
            losses.append(looked_at.loss(x, t, EVALUATION))
    return float(np.mean(losses))


def losses_near(settings: Hyperparameters, data: Dataset) -> list[float]:
    """Return `loss_near` of each seed."""
    return [loss_near(settings.with_value("seed", seed), data) for seed in SEEDS]


def accuracies(settings: Hyperparameters, data: Dataset) -> tuple[float, float]:
    """Return train and test accuracy at the end."""
    # An evaluation comes with every epoch, of which a few samples make many.
    barely_tested = replace(data, x_test=data.x_test[:1], t_test=data.t_test[:1])
    trainer = Trainer(settings, barely_tested)
    while not trainer.finished and trainer.non_finite is None:
        trainer.work()
    net, scale = trainer.net, np.float32(data.scale)
    with np.errstate(all="ignore"):  # One that has diverged overflows.
        train = net.accuracy(data.x_train / scale, data.t_train)
        return train, net.accuracy(data.x_test / scale, data.t_test)


def measure(rounds: int) -> list[Row]:
    """Return the figures; seeded, they are the same in each round."""
    data = load_dataset("mnist")
    return [*_optimizers(data), *_first_weights(data), *_regularizers(data), _normalized(data)]


def _optimizers(data: Dataset) -> Iterator[Row]:
    losses = {}
    for name, (rate, printed, of_its_code) in OPTIMIZERS.items():
        settings = replace(FIVE_LAYERS, init="he", optimizer=name, learning_rate=rate)
        losses[name] = losses_near(settings, data)
        yield Row(
            f"loss near iteration {NEAR:,}, {name} ({len(SEEDS)} seeds; the book printed"
            f" {printed:.3f} for one minibatch, its code's mean is {of_its_code:.3f})",
            losses[name],
            goal=2 * printed,
            at_most=True,
        )
    # As the book has them: AdaGrad's is the lowest, then Adam's, Momentum's, plain descent's.
    ordered = sorted(OPTIMIZERS, key=lambda name: OPTIMIZERS[name][1])
    by_seed = zip(*(losses[name] for name in ordered), strict=True)
    in_order = sum(list(of_one) == sorted(of_one) for of_one in by_seed)
    yield Row(
        f"seeds of {len(SEEDS)} with these four in the book's order", [in_order], goal=len(SEEDS)
    )


def _first_weights(data: Dataset) -> Iterator[Row]:
    for name, (settings, printed) in FIRST_WEIGHTS.items():
        losses = losses_near(settings.with_value("learning_rate", 0.01), data)
        yield Row(
            f"loss near iteration {NEAR:,}, {name} ({len(SEEDS)} seeds; the book printed"
            f" {printed:.2f} for one minibatch)",
            losses,
        )


def _regularizers(data: Dataset) -> Iterator[Row]:
    few = cut(data, 300)
    for name, settings in REGULARIZED.items():
        train, test = accuracies(settings, few)
        yield Row(f"300 samples, 7 layers, {name}: train accuracy", [train])
        yield Row(f"300 samples, 7 layers, {name}: train − test accuracy", [train - test])


def _normalized(data: Dataset) -> Row:
    few = cut(data, 1_000)
    better = 0
    for scale in SIXTEEN_SCALES:
        plain = NORMALIZED.with_value("weight_std", float(scale))
        normalized = plain.with_value("batch_norm", "on")
        better += accuracies(normalized, few)[0] > accuracies(plain, few)[0]
    return Row("1,000 samples, scales of 16 at which BatchNorm learns faster", [better], goal=14)
