"""The built-in circles: a ring of points inside another, which no straight line parts."""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, labelled_points

POINTS_PER_CLASS = 150
RADII = (0.5, 1.0)
RADIUS_NOISE = 0.1


def load_circles() -> Dataset:
    """Return 300 training points and 300 test points around the origin, the inner ring first."""
    return labelled_points("circles", _draw, ("inner", "outer"))


def _draw(rng: np.random.RandomState) -> Points:
    t = np.repeat(np.arange(len(RADII)), POINTS_PER_CLASS)
    angle = rng.uniform(0, 2 * np.pi, t.size)
    radius = np.array(RADII)[t] + RADIUS_NOISE * rng.standard_normal(t.size)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), t
