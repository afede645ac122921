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
    Term,
    cell,
    plain,
    product,
)
from tui_backprop.nn.optimizers.momentum import Momentum


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    ahead = product(cell(inputs, "α"), cell(inputs, "v", *index))
    rate, gradient = cell(inputs, "η"), cell(inputs, "dW", *index)
    pushed = Term.of("−{0} · {1}", rate, gradient, value=-rate.value * gradient.value)
    return Derivation((plain(cell(inputs, "W", *index)), ahead, pushed))


def _moved(inputs: Inputs) -> Array:
    update = inputs["v"] * float(inputs["α"])
    update -= inputs["dW"] * float(inputs["η"])
    moved: Array = inputs["W"] + update
    return moved


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
