"""The built-in xor and xor4: the book's XOR (chapter 2), as a cloud of points and as it stands.

`xor4` is the truth table, four samples that are both the training and the test set: so small that
every number of a step fits a screen. `xor` has points scattered around those four, enough of them
for the batches of any other set.
"""

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.generated import Points, labelled_points

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
CORNER_LABELS = np.array([0, 1, 1, 0])
POINTS_PER_CORNER = 75
NOISE = 0.15


def load_xor() -> Dataset:
    """Return 300 training points and 300 test points, 75 around each corner of the unit square."""
    return labelled_points("xor", _draw, ("0", "1"))


def load_xor4() -> Dataset:
    """Return the four corners of the unit square, for training and for testing."""
    return labelled_points("xor4", lambda _: (CORNERS, CORNER_LABELS), ("0", "1"))


def _draw(rng: np.random.RandomState) -> Points:
    corners = CORNERS.repeat(POINTS_PER_CORNER, axis=0)
    return corners + NOISE * rng.standard_normal(corners.shape), CORNER_LABELS.repeat(
        POINTS_PER_CORNER
    )
