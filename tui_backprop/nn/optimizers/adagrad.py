"""AdaGrad: each entry's step shrinks with all the gradients it has seen."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.optimizers.optimizer import Optimizer
from tui_backprop.nn.words import About, Words, number

TINY = 1e-7
"""The book's: it keeps an h of 0, or Adam's v, from a division by 0."""


def _h_terms(inputs: Inputs, index: Index) -> Derivation:
    grad = cell(inputs, "dW", *index)
    squared = Term.of("{0}²", grad, value=grad.value**2)
    return Derivation((plain(cell(inputs, "h", *index)), squared))


def _h(inputs: Inputs) -> Array:
    h: Array = inputs["dW"] * inputs["dW"]
    h += inputs["h"]
    return h


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    rate, grad, h = (cell(inputs, name, *i) for name, i in (("η", ()), ("dW", index), ("h", index)))
    value = -rate.value * grad.value / (math.sqrt(max(0.0, h.value)) + TINY)
    moved = Term.of("−{0} · {1} / (√{2} + 1e-7)", rate, grad, h, value=value)
    return Derivation((plain(cell(inputs, "W", *index)), moved))


def _why_h(about: About) -> Words:
    squared = about.number("dW", *about.index) ** 2
    return Words(
        f"All squares of this entry's gradients so far, {about.at('h', *about.index)}, and this"
        f" one's, {number(squared)}.",
        "h is state, and only grows: it tells the entries that have been pushed much from those"
        " that have hardly been.",
    )


def _why_moved(about: About) -> Words:
    root = math.sqrt(max(0.0, about.number("h", *about.index)))
    step = -about.number("η") * about.number("dW", *about.index) / (root + TINY)
    return Words(
        f"{about.parameter} moves by {number(step)}: against its gradient"
        f" {about.at('dW', *about.index)}, divided by {number(root)}, the root of"
        f" {about.name('h', *about.index)}.",
        "Over the root of h, entries with large gradients and entries with small ones take steps of"
        " a like size. 1e-7 keeps an h of 0 from a division by 0.",
    )


def _moved(inputs: Inputs) -> Array:
    update = np.empty_like(inputs["W"])
    scaled_step(inputs["dW"], inputs["h"], float(inputs["η"]), update)
    moved: Array = inputs["W"] + update
    return moved


MOVED = Operation(
    "W",
    "W ← W − η dW / (√h + 1e-7)",
    ("W", "η", "dW", "h"),
    "{W} − {dW} / {h}",
    _moved_terms,
    _moved,
    _why_moved,
)
"""The step by a gradient over the root of h, a measure of its square."""


def scaled_step(grad: Array, h: Array, lr: float, update: Array) -> None:
    """Write −η dW / (√h + 1e-7) into `update`; for dW and h Adam has means of both."""
    np.sqrt(h, out=update)
    update += TINY
    np.divide(grad, update, out=update)
    update *= -lr


class AdaGrad(Optimizer):
    """h ← h + (∂L/∂W)²; W ← W − η · ∂L/∂W / (√h + 1e-7) (book 6.1.5).

    Args:
        lr: η, the learning rate.
    """

    UPDATE: ClassVar = (
        Operation("h", "h ← h + dW²", ("h", "dW"), "{h} + {dW}", _h_terms, _h, _why_h),
        MOVED,
    )
    STATE: ClassVar = ("h",)

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
        h = after["h"]
        np.multiply(grad, grad, out=h)
        h += before["h"]
        scaled_step(grad, h, self.lr, update)
