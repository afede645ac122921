"""Softmax and cross-entropy error in one layer, the last of a classifier."""

import math
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array, Labels, as_labels
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operand,
    Operation,
    Term,
    cell,
    constant,
    plain,
)


def _exponential(x: Operand, largest: Operand) -> Term:
    exponent = x.value - largest.value
    value = math.exp(exponent) if exponent <= 0 else math.nan
    # A rounding error in the exponent is as large as the exponent, times eps.
    scale = value * (1 + abs(exponent)) if value else 0.0
    return Term.of("exp({0} − {1})", x, largest, value=value, scale=scale)


def _exponentials(inputs: Inputs, n: int) -> tuple[Term, ...]:
    scores = inputs["x"][n]
    largest = cell(inputs, "x", n, int(scores.argmax()))
    return tuple(_exponential(cell(inputs, "x", n, k), largest) for k in range(scores.size))


def _y_terms(inputs: Inputs, index: Index) -> Derivation:
    n, k = index
    exponentials = _exponentials(inputs, n)
    return Derivation((exponentials[k],), exponentials)


def _sample_loss(inputs: Inputs, n: int) -> Term:
    label = int(inputs["t"][n].argmax())
    probability = cell(inputs, "y", n, label)
    classes = inputs["y"].shape[1]
    if probability.value >= np.finfo(inputs["y"].dtype).tiny:
        value = -math.log(probability.value)
        # The probability is off by a few eps for each class summed: its log by as much, absolutely.
        return Term.of("−log {0}", probability, value=value, scale=2 * abs(value) + classes)
    # The probability has underflowed, the loss has not: it is computed from the scores.
    exponentials = _exponentials(inputs, n)
    score, largest = exponentials[label].operands
    total = math.fsum(term.value for term in exponentials)
    value = largest.value - score.value + (math.log(total) if total > 0 else math.nan)
    form = "{1} − {0} + log Σₖ exp(x[n,k] − {1})"
    return Term.of(form, score, largest, value=value, scale=2 * abs(value) + classes)


def _loss_terms(inputs: Inputs, index: Index) -> Derivation:
    size = inputs["y"].shape[0]
    losses = tuple(_sample_loss(inputs, n) for n in range(size))
    return Derivation(losses, (plain(constant("N", size)),))


def _dy_terms(inputs: Inputs, index: Index) -> Derivation:
    y, t = cell(inputs, "y", *index), cell(inputs, "t", *index)
    terms = plain(y), Term.of("−{0}", t, value=-t.value)
    return Derivation(terms, (plain(constant("N", inputs["y"].shape[0])),))


def sample_losses(x: Array, t: Labels) -> Array:
    """Return -log softmax(x)[…, t] of each sample, in nats, by log-sum-exp.

    Args:
        x: scores, shape (…, N, classes): any number of batches that share the targets.
        t: class indices, shape (N,).
    """
    shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)
    picked = shifted[..., np.arange(t.size), t]
    np.exp(shifted, out=shifted)
    losses: Array = np.log(np.add.reduce(shifted, axis=-1)) - picked
    return losses


class SoftmaxWithLoss:
    """loss = mean over the batch of -log softmax(x)[tₙ], in nats (book 5.6.3).

    The loss is computed from the scores by log-sum-exp, not from the rounded probabilities, so
    that it agrees with its gradient and stays finite for any finite score.

    After `forward`: `y` (N, classes) the probabilities, `t` (N,) the class indices, `loss`.

    The operations show the targets as one-hot rows, and the gradient of the scores as the dy of
    the book's (y − t) / N.
    """

    FORWARD: ClassVar = (
        Operation("y", "y = exp(x) / Σₖ exp(xₖ)", ("x",), "{x}", _y_terms),
        Operation("loss", "loss = −Σ t · log y / N", ("y", "t", "x"), "{y}, {t}", _loss_terms),
    )
    BACKWARD: ClassVar = (Operation("dy", "dy = (y − t) / N", ("y", "t"), "{y} − {t}", _dy_terms),)

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
