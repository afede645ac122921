"""Sigmoid and binary cross-entropy error in one layer, the last of a net that tells two classes."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array, Labels, as_labels
from tui_backprop.nn.functions import sigmoid
from tui_backprop.nn.layers.sigmoid import sigmoid_of_x, sigmoid_terms
from tui_backprop.nn.losses.loss import Loss, Targets, as_rows, difference_over_samples
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Shape,
    Term,
    cell,
    constant,
    plain,
)
from tui_backprop.nn.words import About, Words, counted, number


def _loss_terms(inputs: Inputs, index: Index) -> Derivation:
    terms = []
    for n in range(len(inputs["x"])):
        x, t = cell(inputs, "x", n, 0), cell(inputs, "t", n, 0)
        against = (1 - 2 * t.value) * x.value
        value = max(against, 0.0) + math.log1p(math.exp(-abs(against)))
        sign = "−" if t.value else ""
        # The larger of the two parts is off by its own eps.
        form = f"log(1 + exp({sign}{{0}}))"
        terms.append(Term.of(form, x, t, value=value, scale=value + abs(against)))
    return Derivation(tuple(terms), (plain(constant("N", len(inputs["x"]))),))


def _sample_losses(x: Array, t: Targets) -> Array:
    """Return log(1 + exp(∓x)) of scores (…, N), which is −log y where t is 1, else −log(1 − y)."""
    losses: Array = np.logaddexp(0, np.where(t == 1, -x, x))
    return losses


def _loss(inputs: Inputs) -> Array:
    return np.array(float(_sample_losses(inputs["x"][:, 0], inputs["t"][:, 0]).mean()))


def _why_y(about: About) -> Words:
    return Words(
        f"{about.at('x', *about.index)} becomes the probability {number(about.value)} of class 1;"
        " what is left to 1 is class 0's.",
        "The sigmoid maps every number into 0 to 1: 0 to a half, so that the sign of a score says"
        " which of two classes is guessed.",
    )


def _why_loss(about: About) -> Words:
    losses = _sample_losses(about.array("x")[:, 0], about.array("t")[:, 0])
    worst = int(losses.argmax())
    return Words(
        f"Each sample's loss is −log of the probability its right class got; the mean over"
        f" {counted(losses.size, 'sample')} is {number(about.value)} nats. The net is most wrong on"
        f" sample {worst}: {number(losses[worst])}.",
        "t is 1 or 0, so that one of the two logarithms is picked: of y for class 1, of 1 − y for"
        " class 0. It is computed from the scores x, which stays exact where y is almost 0 or 1.",
    )


def _why_dy(about: About) -> Words:
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}, the gradient at the scores: class 1 has the probability"
        f" {about.at('y', *about.index)} where {about.at('t', *about.index)}. (y − t) / N with"
        f" N = {about.samples}: {about.of_raising(of_x)}.",
        "The chain rule through the logarithm and through the sigmoid, taken together, leaves y − t"
        " and nothing else. / N is the mean's.",
    )


class SigmoidWithLoss(Loss):
    """loss = mean of −log y where t is 1 and −log(1 − y) where t is 0, in nats; y = sigmoid(x).

    One output tells two classes: y is the probability of class 1. The loss is computed from the
    scores, so that it stays finite for any finite score. Its gradient has the form that softmax's
    has too, (y − t) / N (book appendix A.4).
    """

    FORWARD: ClassVar = (
        Operation("y", "y = 1 / (1 + exp(−x))", ("x",), "{x}", sigmoid_terms, sigmoid_of_x, _why_y),
        Operation(
            "loss",
            "loss = −Σ (t · log y + (1 − t) · log(1 − y)) / N",
            ("y", "t", "x"),
            "{y}, {t}",
            _loss_terms,
            _loss,
            _why_loss,
        ),
    )
    BACKWARD: ClassVar = (difference_over_samples(_why_dy),)

    @staticmethod
    def read_targets(t: npt.ArrayLike, shape: Shape) -> Labels:
        """Return the class, 0 or 1, of each sample, shape (N,).

        Raises:
            ValueError: there is more than one output, or `t` is not a class for each sample.
        """
        samples, outputs = shape
        if outputs != 1:
            raise ValueError(f"{outputs} outputs: SigmoidWithLoss tells two classes by one")
        targets = np.asarray(t)
        return as_labels(targets.reshape(-1) if targets.size == samples else targets, (samples, 2))

    @staticmethod
    def shown_targets(t: Targets, outputs: int, dtype: npt.DTypeLike) -> Array:
        """Return the targets as a column of 0 and 1."""
        column: Array = t.astype(dtype)[:, np.newaxis]
        return column

    def forward(self, x: Array, t: npt.ArrayLike) -> float:
        """Return the mean loss of scores `x`, shape (N, 1) or (1,), against `t`.

        Raises:
            ValueError: there is no sample, more than one output, or `t` does not fit.
        """
        self._shape = x.shape
        scores = as_rows(x)
        self.t = self.read_targets(t, scores.shape)
        self.y = sigmoid(scores)
        self.loss = float(_sample_losses(scores[:, 0], self.t).mean())
        return self.loss

    @staticmethod
    def sample_losses(x: Array, t: Targets) -> Array:
        """Return the loss of each sample, of any number of batches x (…, N, 1)."""
        return _sample_losses(x[..., 0], t)
