"""Gradient descent with momentum."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    cell,
    plain,
    product,
)
from tui_backprop.nn.optimizers.optimizer import Optimizer
from tui_backprop.nn.optimizers.sgd import downhill
from tui_backprop.nn.words import About, Words, number


def _velocity_terms(inputs: Inputs, index: Index) -> Derivation:
    kept = product(cell(inputs, "α"), cell(inputs, "v", *index))
    return Derivation((kept, downhill(inputs, index)))


def _velocity(inputs: Inputs) -> Array:
    velocity: Array = inputs["v"] * float(inputs["α"])
    velocity -= inputs["dW"] * float(inputs["η"])
    return velocity


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(cell(inputs, "W", *index)), plain(cell(inputs, "v", *index))))


def _moved(inputs: Inputs) -> Array:
    moved: Array = inputs["W"] + inputs["v"]
    return moved


def _why_velocity(about: About) -> Words:
    pushed = -about.number("η") * about.number("dW", *about.index)
    return Words(
        f"Of the velocity so far, {about.at('v', *about.index)}, α = {number(about.number('α'))} "
        f"is kept; this minibatch's gradient pushes it by −η · {about.name('dW')} = "
        f"{number(pushed)}.",
        "v is state: it is kept from iteration to iteration. Pushes that agree add up, pushes that "
        "take turns cancel, as with a ball that rolls down a valley.",
    )


def _why_moved(about: About) -> Words:
    return Words(
        f"{about.parameter} moves by the velocity, {about.at('v', *about.index)}.",
        "Not by the gradient itself: that has already gone into v.",
    )


class Momentum(Optimizer):
    """v ← α v − η · ∂L/∂W; W ← W + v (book 6.1.4).

    Args:
        lr: η, the learning rate.
        momentum: α, how much of the velocity stays at each step, 0 to 1.
    """

    UPDATE: ClassVar = (
        Operation(
            "v",
            "v ← α v − η dW",
            ("α", "v", "η", "dW"),
            "{v} − {dW}",
            _velocity_terms,
            _velocity,
            _why_velocity,
        ),
        Operation("W", "W ← W + v", ("W", "v"), "{W} + {v}", _moved_terms, _moved, _why_moved),
    )
    STATE: ClassVar = ("v",)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = momentum

    def constants(self, step: int) -> dict[str, float]:
        """Return η and α."""
        return {"η": self.lr, "α": self.momentum}

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        velocity = after["v"]
        np.multiply(before["v"], self.momentum, out=velocity)
        np.multiply(grad, self.lr, out=update)
        velocity -= update
        update[...] = velocity
