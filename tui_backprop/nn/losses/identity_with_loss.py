"""Squared error in one layer with the identity, the last of a net that predicts numbers."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
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


def _y_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(cell(inputs, "x", *index)),))


def _y(inputs: Inputs) -> Array:
    return inputs["x"].copy(order="K")


def _loss_terms(inputs: Inputs, index: Index) -> Derivation:
    terms = []
    for place in np.ndindex(*inputs["y"].shape):
        y, t = cell(inputs, "y", *place), cell(inputs, "t", *place)
        value = 0.5 * (y.value - t.value) ** 2
        # The difference is off by an eps of the larger of the two, and is squared.
        scale = value + abs(y.value - t.value) * (abs(y.value) + abs(t.value))
        terms.append(Term.of("½ ({0} − {1})²", y, t, value=value, scale=scale))
    return Derivation(tuple(terms), (plain(constant("N", len(inputs["y"]))),))


def _loss(inputs: Inputs) -> Array:
    return np.array(_mean_loss(inputs["y"] - inputs["t"]))


def _mean_loss(errors: Array) -> float:
    flat = errors.ravel(order="C")
    return 0.5 * float(np.dot(flat, flat)) / len(errors)


def _why_y(about: About) -> Words:
    return Words(
        f"The scores are the prediction: {about.cell} = {number(about.value)}, just as x.",
        "The identity stands where a classifier has its softmax: numbers need no squeezing.",
    )


def _why_loss(about: About) -> Words:
    errors = about.array("y") - about.array("t")
    losses = 0.5 * np.square(errors.reshape(len(errors), -1)).sum(axis=1)
    worst = int(losses.argmax())
    return Words(
        f"Each sample's loss is half the square of how far y is from t; the mean over "
        f"{counted(len(losses), 'sample')} is {number(about.value)}. The net is furthest off on "
        f"sample {worst}: {number(losses[worst])}.",
        "The square counts too much and too little alike, and large errors most; the half goes "
        "away when it is differentiated. / N makes a mean of the sum, so that the loss does not "
        "grow with the minibatch.",
    )


def _why_dy(about: About) -> Words:
    y, t = about.number("y", *about.index), about.number("t", *about.index)
    off = "as it should be" if y == t else f"too {'large' if y > t else 'small'}"
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}, the gradient at the scores: {about.at('y', *about.index)} against "
        f"{about.at('t', *about.index)} is {off}. Over N = {about.samples}: "
        f"{about.of_raising(of_x)}.",
        "Where (y − t) comes from: by the chain rule, the derivative of ½ (y − t)² is y − t, and "
        "the identity passes it on as it is. / N is the mean's: the loss is a mean over the "
        "samples. The backward pass starts here.",
    )


class IdentityWithLoss(Loss):
    """loss = ½ Σ (y − t)² / N, the mean over the batch of each sample's squared error (book 4.2.1).

    The scores are the prediction: y = x. Its gradient has the form that softmax's has too,
    (y − t) / N (book appendix A.4).
    """

    FORWARD: ClassVar = (
        Operation("y", "y = x", ("x",), "{x}", _y_terms, _y, _why_y),
        Operation(
            "loss", "loss = ½ Σ (y − t)² / N", ("y", "t"), "{y}, {t}", _loss_terms, _loss, _why_loss
        ),
    )
    BACKWARD: ClassVar = (difference_over_samples(_why_dy),)

    @staticmethod
    def read_targets(t: npt.ArrayLike, shape: Shape) -> Targets:
        """Return the targets as numbers of shape (N, outputs).

        Raises:
            ValueError: `t` has another number of values.
        """
        targets = np.asarray(t)
        if targets.size != shape[0] * shape[1] or targets.dtype.kind not in "fiu":
            raise ValueError(
                f"targets of shape {targets.shape} and type {targets.dtype} are not the"
                f" numbers {shape} that are predicted"
            )
        return targets.reshape(shape)

    @staticmethod
    def shown_targets(t: Targets, outputs: int, dtype: npt.DTypeLike) -> Array:
        """Return the targets in `dtype`."""
        shown: Array = t.astype(dtype)
        return shown

    def forward(self, x: Array, t: npt.ArrayLike) -> float:
        """Return the mean loss of predictions `x`, shape (N, outputs) or (outputs,), against `t`.

        Raises:
            ValueError: there is no sample, or `t` has another number of values.
        """
        self._shape = x.shape
        rows = as_rows(x)
        self.y = rows.copy(order="K")
        self.t = self.read_targets(t, rows.shape)
        self.loss = _mean_loss(self.y - self.t.astype(self.y.dtype, copy=False))
        return self.loss

    @staticmethod
    def sample_losses(x: Array, t: Targets) -> Array:
        """Return ½ Σ (x − t)² of each sample."""
        losses: Array = 0.5 * np.square(x - t).sum(axis=-1)
        return losses
