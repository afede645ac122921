"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.optimizers.optimizer import Optimizer


def _terms(inputs: Inputs, index: Index) -> Derivation:
    rate, gradient = cell(inputs, "η"), cell(inputs, "dW", *index)
    step = Term.of("−{0} · {1}", rate, gradient, value=-rate.value * gradient.value)
    return Derivation((plain(cell(inputs, "W", *index)), step))


def _renewed(inputs: Inputs) -> Array:
    renewed: Array = inputs["W"] + inputs["dW"] * -float(inputs["η"])
    return renewed


class SGD(Optimizer):
    """Stochastic gradient descent: W ← W - η · ∂L/∂W (book 6.1.2)."""

    UPDATE: ClassVar = (
        Operation("W", "W ← W − η dW", ("W", "η", "dW"), "{W} − {dW}", _terms, _renewed),
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
