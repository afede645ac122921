"""Accuracy on the full training and test sets, in pieces small enough to be interrupted."""

from collections.abc import Iterator

import numpy as np

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn import MultiLayerNet
from tui_backprop.nn.arrays import Array
from tui_backprop.training.minibatches import scaled_rows

CHUNK = 1000
"""Samples scored at a time: large enough for the matrix product, small enough for the cache."""


class Evaluator:
    """Scores whole data sets with a net of its own around the trainer's parameters."""

    def __init__(self, params: dict[str, Array], dataset: Dataset) -> None:
        self._net = MultiLayerNet.around(params)
        self._dataset = dataset
        self._x = np.empty((CHUNK, dataset.input_size), self._net.dtype)

    def pieces(self) -> Iterator[tuple[float, float] | None]:
        """Yield None after each piece of work but the last, then (train, test) accuracy."""
        data = self._dataset
        shares = []
        for x, t in ((data.x_train, data.t_train), (data.x_test, data.t_test)):
            right = 0
            for start in range(0, len(t), CHUNK):
                stored = x[start : start + CHUNK]
                rows = scaled_rows(stored, data.scale, self._x[: len(stored)])
                guesses = self._net.predict(rows).argmax(axis=1)
                right += int(np.count_nonzero(guesses == t[start : start + CHUNK]))
                yield None
            shares.append(right / len(t))
        yield shares[0], shares[1]
