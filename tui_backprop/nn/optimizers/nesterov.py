"""Nesterov's accelerated gradient: momentum that looks ahead."""

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
from tui_backprop.nn.optimizers.momentum import Momentum
from tui_backprop.nn.optimizers.sgd import downhill
from tui_backprop.nn.words import About, Words, number


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    ahead = product(cell(inputs, "α"), cell(inputs, "v", *index))
    return Derivation((plain(cell(inputs, "W", *index)), ahead, downhill(inputs, index)))


def _moved(inputs: Inputs) -> Array:
    update = inputs["v"] * float(inputs["α"])
    update -= inputs["dW"] * float(inputs["η"])
    moved: Array = inputs["W"] + update
    return moved


def _why_moved(about: About) -> Words:
    ahead = about.number("α") * about.number("v", *about.index)
    pushed = -about.number("η") * about.number("dW", *about.index)
    return Words(
        f"{about.parameter} goes on by α · {about.name('v', *about.index)} = {number(ahead)}, where"
        f" the velocity will take it next, and by −η · {about.name('dW')} = {number(pushed)}.",
        "It stands where the next step would look ahead to: the gradient is then taken there, and"
        " a velocity that goes too far is held back one step earlier than by plain momentum.",
    )


class Nesterov(Momentum):
    """v ← α v − η · ∂L/∂W; W ← W + α v − η · ∂L/∂W, with the v just made.

    The book's simplified form (of Bengio et al. 2012, "Advances in optimizing recurrent networks"),
    which writes the same with the v before: W ← W + α² v − (1 + α) η · ∂L/∂W. The W here is the
    point looked ahead to, so that the gradient is taken where the net is.

    Args: as for `Momentum`.
    """

    UPDATE: ClassVar = (
        Momentum.UPDATE[0],
        Operation(
            "W",
            "W ← W + α v − η dW",
            ("W", "α", "v", "η", "dW"),
            "{W} + {v} − {dW}",
            _moved_terms,
            _moved,
            _why_moved,
        ),
    )

    SPARE: ClassVar = True

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        velocity, pushed = after["v"], self.spare
        np.multiply(grad, self.lr, out=pushed)
        np.multiply(before["v"], self.momentum, out=velocity)
        velocity -= pushed
        np.multiply(velocity, self.momentum, out=update)
        update -= pushed
