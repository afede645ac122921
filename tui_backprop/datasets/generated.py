"""Datasets drawn from a formula: always the same points, some for training and some for testing."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.dataset import Dataset

SEED = 1984

Points = tuple[NDArray[np.float64], NDArray[np.generic]]
"""x (N, D), and labels (N,) or values (N, 1)."""
Draw = Callable[[np.random.RandomState], Points]


def labelled_points(name: str, draw: Draw, class_names: tuple[str, ...]) -> Dataset:
    """Return points in the plane with their classes: two draws from one fixed seed."""
    x_train, t_train, x_test, t_test = _two_draws(draw)
    return Dataset(
        name=name,
        x_train=x_train.astype(np.float32),
        t_train=t_train.astype(np.intp),
        x_test=x_test.astype(np.float32),
        t_test=t_test.astype(np.intp),
        class_names=class_names,
        feature_names=("x1", "x2"),
    )


def curve_points(name: str, draw: Draw, target_name: str) -> Dataset:
    """Return places on the x axis with a value at each: two draws from one fixed seed."""
    x_train, t_train, x_test, t_test = _two_draws(draw)
    return Dataset(
        name=name,
        x_train=x_train.astype(np.float32),
        t_train=t_train.astype(np.float32),
        x_test=x_test.astype(np.float32),
        t_test=t_test.astype(np.float32),
        task="regression",
        target_names=(target_name,),
        feature_names=("x",),
    )


def _two_draws(draw: Draw) -> tuple[NDArray[np.generic], ...]:
    # RandomState, because NumPy promises its stream for ever: the same points in any version.
    rng = np.random.RandomState(SEED)
    return (*draw(rng), *draw(rng))
