"""The built-in spiral: three classes of points wound around each other in the plane."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, labelled_points

CLASS_COUNT = 3
POINTS_PER_CLASS = 100
ANGLE_NOISE = 0.2


def load_spiral() -> Dataset:
    """Return 300 training points and 300 test points, class by class from the centre outwards.

    The toy set of the "Deep Learning from Scratch" series: 100 points a class, (2,) each.
    """
    return labelled_points("spiral", _draw, tuple(str(label) for label in range(CLASS_COUNT)))


def _draw(rng: np.random.RandomState) -> Points:
    t = np.repeat(np.arange(CLASS_COUNT), POINTS_PER_CLASS)
    radius = np.tile(np.arange(POINTS_PER_CLASS) / POINTS_PER_CLASS, CLASS_COUNT)
    angle = 4.0 * t + 4.0 * radius + ANGLE_NOISE * rng.standard_normal(t.size)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), t
