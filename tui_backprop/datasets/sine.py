"""The built-in sine: a curve to fit, one number from one number."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, curve_points

POINTS = 200
NOISE = 0.1
"""Standard deviation of what is added to the sine: the root of the least mean squared error."""


def load_sine() -> Dataset:
    """Return 200 training points and 200 test points of two whole waves.

    x is uniform in -1..1, t = sin(2 pi x) + noise.
    """
    return curve_points("sine", _draw, "sin(2πx)")


def _draw(rng: np.random.RandomState) -> Points:
    x = rng.uniform(-1.0, 1.0, (POINTS, 1))
    return x, np.sin(2 * np.pi * x) + NOISE * rng.standard_normal(x.shape)
