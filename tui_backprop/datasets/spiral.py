"""The built-in spiral: three classes of points wound around each other in the plane."""

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.dataset import Dataset, Labels

CLASS_COUNT = 3
POINTS_PER_CLASS = 100
SEED = 1984
ANGLE_NOISE = 0.2


def load_spiral() -> Dataset:
    """Return 300 training points and 300 test points, two draws from one fixed seed.

    The toy set of the "Deep Learning from Scratch" series: 100 points a class, (2,) each.
    """
    # RandomState, because NumPy promises its stream for ever: the same points in any version.
    rng = np.random.RandomState(SEED)
    x_train, t_train = _draw(rng)
    x_test, t_test = _draw(rng)
    return Dataset(
        name="spiral",
        x_train=x_train,
        t_train=t_train,
        x_test=x_test,
        t_test=t_test,
        scale=1.0,
        image_shape=None,
        class_names=tuple(str(label) for label in range(CLASS_COUNT)),
    )


def _draw(rng: np.random.RandomState) -> tuple[NDArray[np.float32], Labels]:
    """Return points (300, 2), class by class from the centre outwards, and their labels (300,)."""
    t = np.repeat(np.arange(CLASS_COUNT, dtype=np.intp), POINTS_PER_CLASS)
    radius = np.tile(np.arange(POINTS_PER_CLASS) / POINTS_PER_CLASS, CLASS_COUNT)
    angle = 4.0 * t + 4.0 * radius + ANGLE_NOISE * rng.standard_normal(t.size)
    x = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return x.astype(np.float32), t
