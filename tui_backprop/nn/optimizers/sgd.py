"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.optimizers.optimizer import Optimizer
from tui_backprop.nn.words import About, Words, number


def downhill(inputs: Inputs, index: Index) -> Term:
    """Return the term −η · dW."""
    rate, gradient = cell(inputs, "η"), cell(inputs, "dW", *index)
    return Term.of("−{0} · {1}", rate, gradient, value=-rate.value * gradient.value)


def _terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(cell(inputs, "W", *index)), downhill(inputs, index)))


def _renewed(inputs: Inputs) -> Array:
    renewed: Array = inputs["W"] + inputs["dW"] * -float(inputs["η"])
    return renewed


def _why(about: About) -> Words:
    step = -about.number("η") * about.number("dW", *about.index)
    return Words(
        f"{about.at('dW', *about.index)} says which way the loss rises; {about.parameter} goes the "
        f"other way by η = {number(about.number('η'))} times that: {number(step)}.",
        "The gradient is the slope at this point alone. η, the learning rate, says how far to "
        "trust it: too small and it takes forever, too large and the step goes past the valley.",
    )


class SGD(Optimizer):
    """Stochastic gradient descent: W ← W - η · ∂L/∂W (book 6.1.2)."""

    UPDATE: ClassVar = (
        Operation("W", "W ← W − η dW", ("W", "η", "dW"), "{W} − {dW}", _terms, _renewed, _why),
    )

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        np.multiply(grad, -self.lr, out=update)
