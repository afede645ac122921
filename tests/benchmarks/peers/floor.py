"""The five matrix products of an iteration and nothing else: what no NumPy trainer can beat."""

import numpy as np

from tests.benchmarks.peers import BATCH_SIZE
from tui_backprop.datasets.dataset import Dataset


class Floor:
    """x·W1, h·W2, hᵀ·dy, dy·W2ᵀ and xᵀ·dh in float32, into the same memory each time."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        rng = np.random.default_rng(0)
        inputs, classes = data.input_size, data.class_count
        self.x, self.dy, self.W1, self.W2 = (
            rng.random(shape, dtype=np.float32)
            for shape in (
                (BATCH_SIZE, inputs),
                (BATCH_SIZE, classes),
                (inputs, hidden),
                (hidden, classes),
            )
        )
        self.h = np.empty((BATCH_SIZE, hidden), np.float32)
        self.y, self.dh = np.empty_like(self.dy), np.empty_like(self.h)
        self.dW1, self.dW2 = np.empty_like(self.W1), np.empty_like(self.W2)

    def iterate(self, count: int) -> None:
        for _ in range(count):
            np.matmul(self.x, self.W1, out=self.h)
            np.matmul(self.h, self.W2, out=self.y)
            np.matmul(self.h.T, self.dy, out=self.dW2)
            np.matmul(self.dy, self.W2.T, out=self.dh)
            np.matmul(self.x.T, self.dh, out=self.dW1)
