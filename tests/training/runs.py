"""Small data sets and runs that the trainer's tests share."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

SMALL = Hyperparameters(
    dataset="small", hidden=(5,), weight_std=0.3, batch_size=7, iterations=60, seed=3
)


def small_dataset(train_size: int = 37, scale: float = 255.0) -> Dataset:
    """Return three overlapping clusters of six-pixel images."""
    rng = np.random.default_rng(11)
    centres = rng.integers(60, 200, (3, 6))

    def samples(count: int) -> tuple[np.ndarray, np.ndarray]:
        t = rng.integers(0, 3, count)
        x = np.clip(centres[t] + rng.normal(0, 40, (count, 6)), 0, 255)
        return x.astype(np.uint8), t.astype(np.intp)

    x_train, t_train = samples(train_size)
    x_test, t_test = samples(11)
    return Dataset("small", x_train, t_train, x_test, t_test, scale, (2, 3), ("a", "b", "c"))


def finish(trainer: Trainer) -> Trainer:
    while not trainer.finished and trainer.non_finite is None:
        trainer.work()
    return trainer


def until(trainer: Trainer, iteration: int) -> Trainer:
    """Work until that many iterations are made and no evaluation is due."""
    while trainer.iteration < iteration or trainer.evaluating:
        trainer.work()
    return trainer


def bits(trainer: Trainer) -> bytes:
    return b"".join(param.tobytes() for param in trainer.net.params.values())
