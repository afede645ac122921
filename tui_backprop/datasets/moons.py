"""The built-in moons: two half circles of points, each reaching into the other."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, labelled_points

POINTS_PER_CLASS = 150
NOISE = 0.1


def load_moons() -> Dataset:
    """Return 300 training points and 300 test points, the upper moon first.

    The upper moon is the upper half of the unit circle around (-0.5, -0.25), the lower one the
    lower half of that around (0.5, 0.25).
    """
    return labelled_points("moons", _draw, ("upper", "lower"))


def _draw(rng: np.random.RandomState) -> Points:
    t = np.repeat([0, 1], POINTS_PER_CLASS)
    side = 1.0 - 2.0 * t
    angle = rng.uniform(0, np.pi, t.size)
    moon = np.stack(
        [side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25)],
        axis=1,
    )
    return moon + NOISE * rng.standard_normal(moon.shape), t
