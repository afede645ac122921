"""Softmax and cross-entropy error in one layer, the last of a classifier."""

import numpy as np

from tui_backprop.nn.arrays import Array, Labels, as_labels


class SoftmaxWithLoss:
    """loss = mean over the batch of -log softmax(x)[tₙ], in nats (book 5.6.3).

    The loss is computed from the scores by log-sum-exp, not from the rounded probabilities, so
    that it agrees with its gradient and stays finite for any finite score.

    After `forward`: `y` (N, classes) the probabilities, `t` (N,) the class indices, `loss`.
    """

    y: Array
    t: Labels
    loss: float

    def __init__(self) -> None:
        self.y = np.zeros((0, 0))
        self.t = np.zeros(0, np.intp)
        self.loss = float("nan")
        self._shape: tuple[int, ...] = (0, 0)
        self._rows = np.arange(0)

    def forward(self, x: Array, t: Array | Labels) -> float:
        """Return the mean loss of scores `x`, shape (N, classes) or (classes,), against `t`.

        Raises:
            ValueError: there is no sample, or `t` is neither class indices nor one-hot rows.
        """
        self._shape = x.shape
        scores = x.reshape(1, -1) if x.ndim == 1 else x
        if x.size == 0:
            raise ValueError(f"scores of shape {x.shape}: there must be at least one sample")
        self.t = as_labels(t, scores.shape)
        size = scores.shape[0]
        if self._rows.size != size:
            self._rows = np.arange(size)
        # One row a class here: NumPy adds and compares whole rows far faster than within them.
        y = scores.T.astype(scores.dtype if scores.dtype.kind == "f" else np.float64, order="C")
        y -= np.maximum.reduce(y, axis=0)
        picked = y[self.t, self._rows]
        np.exp(y, out=y)
        total = np.add.reduce(y, axis=0)
        y /= total
        self.y = y.T
        self.loss = float(np.add.reduce(np.log(total) - picked)) / size
        return self.loss

    def backward(self, dout: float = 1.0) -> Array:
        """Return (y - t) / N · dout, of the shape of the scores, with t as one-hot rows."""
        dx = self.y.copy(order="K")
        dx[self._rows, self.t] -= 1
        dx *= dout / dx.shape[0]
        return dx.reshape(self._shape)
