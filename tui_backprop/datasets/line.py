"""The built-in line: the simplest regression, which a single Affine layer solves."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, curve_points

POINTS = 200
SLOPE = 1.5
INTERCEPT = 0.5
NOISE = 0.1
"""Standard deviation of what is added to the line: the root of the least mean squared error."""


def load_line() -> Dataset:
    """Return 200 training points and 200 test points.

    x is uniform in -1..1, t = 1.5 x + 0.5 + noise: W and b to be found are known.
    """
    return curve_points("line", _draw, "1.5x + 0.5")


def _draw(rng: np.random.RandomState) -> Points:
    x = rng.uniform(-1.0, 1.0, (POINTS, 1))
    return x, SLOPE * x + INTERCEPT + NOISE * rng.standard_normal(x.shape)
