"""RMSprop: AdaGrad that forgets."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Term,
    cell,
    product,
)
from tui_backprop.nn.optimizers.adagrad import MOVED, scaled_step
from tui_backprop.nn.optimizers.optimizer import Optimizer
from tui_backprop.nn.words import About, Words, number


def _h_terms(inputs: Inputs, index: Index) -> Derivation:
    rho, grad = cell(inputs, "ρ"), cell(inputs, "dW", *index)
    added = Term.of("(1 − {0}) · {1}²", rho, grad, value=(1 - rho.value) * grad.value**2)
    return Derivation((product(rho, cell(inputs, "h", *index)), added))


def _h(inputs: Inputs) -> Array:
    h: Array = inputs["dW"] * inputs["dW"]
    h *= 1 - float(inputs["ρ"])
    h += inputs["h"] * float(inputs["ρ"])
    return h


def _why_h(about: About) -> Words:
    rho, squared = about.number("ρ"), about.number("dW", *about.index) ** 2
    return Words(
        f"Of the mean square so far, {about.at('h', *about.index)}, ρ = {number(rho)} is kept;"
        f" this gradient's square, {number(squared)}, makes up the rest.",
        "h is state: a running mean of the squared gradient, which forgets what was long ago."
        " AdaGrad, which forgets nothing, takes ever smaller steps.",
    )


class RMSprop(Optimizer):
    """h ← ρ h + (1 − ρ) (∂L/∂W)²; W ← W − η · ∂L/∂W / (√h + 1e-7) (book 6.1.5).

    Of Hinton's lecture 6e (2012); the name is for the root mean square that √h is.

    Args:
        lr: η, the learning rate.
        decay_rate: ρ, how much of h stays at each step, 0 to 1.
    """

    UPDATE: ClassVar = (
        Operation(
            "h", "h ← ρ h + (1 − ρ) dW²", ("ρ", "h", "dW"), "{h} + {dW}", _h_terms, _h, _why_h
        ),
        MOVED,
    )
    STATE: ClassVar = ("h",)

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        super().__init__(lr)
        self.decay_rate = decay_rate

    def constants(self, step: int) -> dict[str, float]:
        """Return η and ρ."""
        return {"η": self.lr, "ρ": self.decay_rate}

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        h = after["h"]
        np.multiply(grad, grad, out=h)
        h *= 1 - self.decay_rate
        np.multiply(before["h"], self.decay_rate, out=update)
        h += update
        scaled_step(grad, h, self.lr, update)
