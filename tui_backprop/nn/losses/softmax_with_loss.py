"""Softmax and cross-entropy error in one layer, the last of a classifier."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array, Labels, as_labels
from tui_backprop.nn.losses.loss import Loss, Targets, as_rows, difference_over_samples
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operand,
    Operation,
    Shape,
    Term,
    cell,
    constant,
    plain,
)
from tui_backprop.nn.words import About, Words, counted, number


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


def _softmax_of(x: Array, labels: Labels, rows: Labels) -> tuple[Array, float]:
    """Return softmax(x), shape (N, classes), and the mean loss; `rows` are 0 to N − 1."""
    # One row a class here: NumPy adds and compares whole rows far faster than within them.
    y = x.T.astype(x.dtype if x.dtype.kind == "f" else np.float64, order="C")
    y -= np.maximum.reduce(y, axis=0)
    picked = y[labels, rows]
    np.exp(y, out=y)
    total = np.add.reduce(y, axis=0)
    y /= total
    loss = float(np.add.reduce(np.log(total) - picked)) / len(x)
    return y.T, loss


def _y(inputs: Inputs) -> Array:
    any_class = np.zeros(len(inputs["x"]), np.intp)
    return _softmax_of(inputs["x"], any_class, any_class)[0]


def _loss(inputs: Inputs) -> Array:
    x = inputs["x"]
    return np.array(_softmax_of(x, inputs["t"].argmax(axis=1), np.arange(len(x)))[1])


def _why_y(about: About) -> Words:
    n, k = about.index
    scores = about.array("x")[n]
    highest = int(scores.argmax())
    return Words(
        f"The net gives sample {n} the probability {number(about.value)} of being "
        f"{about.column_of_out(k)}. Its highest score is that of {about.column_of_out(highest)}, "
        f"{about.at('x', n, highest)}.",
        "exp makes every score positive; divided by the sum over all classes k they add up to 1. "
        "The highest score is taken off first: that changes no quotient, and no exp overflows.",
    )


def _why_loss(about: About) -> Words:
    samples = len(about.inputs["y"])
    losses = np.array([_sample_loss(about.inputs, n).value for n in range(samples)])
    worst = int(np.nan_to_num(losses).argmax())
    label = int(about.inputs["t"][worst].argmax())
    return Words(
        f"Each sample's loss is −log of the probability its right class got; the mean over "
        f"{counted(samples, 'sample')} is {number(about.value)} nats. The net is most wrong "
        f"on sample {worst}, a {about.column_of_out(label)}: {number(losses[worst])}.",
        "t is 1 at the right class and 0 elsewhere, so that Σ t · log y picks its log; −log of 1 "
        "is 0, and the less the probability, the more it grows. A nat is the unit of the natural "
        "log. / N makes a mean of the sum. x, the scores, is read where a probability is too small "
        "for its type: the loss is then taken from them.",
    )


def _why_dy(about: About) -> Words:
    n, k = about.index
    y, t = about.at("y", n, k), about.at("t", n, k)
    label = int(about.inputs["t"][n].argmax())
    of_x, right = about.name("x", n, k), about.name("y", n, label)
    got = f"the net gives {about.column_of_out(k)} the probability {y} where {t}"
    word = (
        "too much"
        if about.value > 0
        else "too little"
        if about.value < 0
        else "right, as far as its type can tell"
    )
    return Words(
        f"∂loss/∂{of_x}, the gradient at the scores. Sample {n} is {about.column_of_out(label)}; "
        f"{got}: {word}. (y − t) / N with N = {about.samples}: {about.of_raising(of_x)}.",
        f"Where (y − t) comes from, by the chain rule: −log {right} changes by −1 / {right}, and "
        f"the softmax changes {right} by {right} · ({about.name('t', n, k)} − "
        f"{about.name('y', n, k)}) for this score. Multiplied, {right} cancels, and y − t is left "
        "(book appendix A). / N is the mean's: the loss is a mean over the samples. The backward "
        "pass starts here, and every gradient is made of this.",
    )


class SoftmaxWithLoss(Loss):
    """loss = mean over the batch of -log softmax(x)[tₙ], in nats (book 5.6.3).

    The loss is computed from the scores by log-sum-exp, not from the rounded probabilities, so
    that it agrees with its gradient and stays finite for any finite score.

    After `forward`: `y` (N, classes) the probabilities, `t` (N,) the class indices, `loss`.

    The operations show the targets as one-hot rows, and the gradient of the scores as the dy of
    the book's (y − t) / N.
    """

    FORWARD: ClassVar = (
        Operation("y", "y = exp(x) / Σₖ exp(xₖ)", ("x",), "{x}", _y_terms, _y, _why_y),
        Operation(
            "loss",
            "loss = −Σ t · log y / N",
            ("y", "t", "x"),
            "{y}, {t}",
            _loss_terms,
            _loss,
            _why_loss,
        ),
    )
    BACKWARD: ClassVar = (difference_over_samples(_why_dy),)

    def __init__(self) -> None:
        super().__init__()
        self.t = np.zeros(0, np.intp)
        self._rows = np.arange(0)

    @staticmethod
    def read_targets(t: npt.ArrayLike, shape: Shape) -> Labels:
        """Return the class index of each sample, shape (N,): see `as_labels`.

        Raises:
            ValueError: `t` is neither class indices nor one-hot rows.
        """
        assert len(shape) == 2
        return as_labels(t, shape)

    @staticmethod
    def shown_targets(t: Targets, outputs: int, dtype: npt.DTypeLike) -> Array:
        """Return the targets as one-hot rows."""
        one_hot: Array = np.eye(outputs, dtype=dtype)[t]
        return one_hot

    def forward(self, x: Array, t: npt.ArrayLike) -> float:
        """Return the mean loss of scores `x`, shape (N, classes) or (classes,), against `t`.

        Raises:
            ValueError: there is no sample, or `t` is neither class indices nor one-hot rows.
        """
        self._shape = x.shape
        scores = as_rows(x)
        self.t = as_labels(t, scores.shape)
        if self._rows.size != len(scores):
            self._rows = np.arange(len(scores))
        self.y, self.loss = _softmax_of(scores, self.t, self._rows)
        return self.loss

    def backward(self, dout: float = 1.0) -> Array:
        """Return (y - t) / N · dout, of the shape of the scores, with t as one-hot rows."""
        dx = self.y.copy(order="K")
        dx[self._rows, self.t] -= 1
        dx *= dout / len(dx)
        return dx if dx.shape == self._shape else dx.reshape(self._shape)

    @staticmethod
    def sample_losses(x: Array, t: Targets) -> Array:
        """Return -log softmax(x)[…, t] of each sample, in nats, by log-sum-exp."""
        shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)
        picked = shifted[..., np.arange(t.size), t]
        np.exp(shifted, out=shifted)
        losses: Array = np.log(np.add.reduce(shifted, axis=-1)) - picked
        return losses
