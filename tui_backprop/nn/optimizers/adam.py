"""Adam: each entry's step scaled by running means of its gradient and of its square."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.optimizers.adagrad import TINY, scaled_step
from tui_backprop.nn.optimizers.optimizer import Optimizer
from tui_backprop.nn.words import About, Words, number


def _m_terms(inputs: Inputs, index: Index) -> Derivation:
    beta, m, grad = cell(inputs, "β₁"), cell(inputs, "m", *index), cell(inputs, "dW", *index)
    value = (1 - beta.value) * (grad.value - m.value)
    scale = (1 - beta.value) * (abs(grad.value) + abs(m.value))
    pulled = Term.of("(1 − {0}) · ({1} − {2})", beta, grad, m, value=value, scale=scale)
    return Derivation((plain(m), pulled))


def _m(inputs: Inputs) -> Array:
    pulled = inputs["dW"] - inputs["m"]
    pulled *= 1 - float(inputs["β₁"])
    m: Array = inputs["m"] + pulled
    return m


def _v_terms(inputs: Inputs, index: Index) -> Derivation:
    beta, v, grad = cell(inputs, "β₂"), cell(inputs, "v", *index), cell(inputs, "dW", *index)
    value = (1 - beta.value) * (grad.value**2 - v.value)
    scale = (1 - beta.value) * (grad.value**2 + abs(v.value))
    pulled = Term.of("(1 − {0}) · ({1}² − {2})", beta, grad, v, value=value, scale=scale)
    return Derivation((plain(v), pulled))


def _v(inputs: Inputs) -> Array:
    pulled = inputs["dW"] * inputs["dW"]
    pulled -= inputs["v"]
    pulled *= 1 - float(inputs["β₂"])
    v: Array = inputs["v"] + pulled
    return v


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    rate, m, v = cell(inputs, "ηₜ"), cell(inputs, "m", *index), cell(inputs, "v", *index)
    value = -rate.value * m.value / (math.sqrt(max(0.0, v.value)) + TINY)
    moved = Term.of("−{0} · {1} / (√{2} + 1e-7)", rate, m, v, value=value)
    return Derivation((plain(cell(inputs, "W", *index)), moved))


def _moved(inputs: Inputs) -> Array:
    update = np.empty_like(inputs["W"])
    scaled_step(inputs["m"], inputs["v"], float(inputs["ηₜ"]), update)
    moved: Array = inputs["W"] + update
    return moved


def _why_m(about: About) -> Words:
    return Words(
        f"The running mean of this entry's gradient: {about.at('m', *about.index)} goes "
        f"1 − β₁ = {number(1 - about.number('β₁'))} of the way to {about.at('dW', *about.index)}.",
        "m is state, kept from iteration to iteration, and 0 at first. It smooths out what differs "
        "from minibatch to minibatch.",
    )


def _why_v(about: About) -> Words:
    square = about.number("dW", *about.index) ** 2
    return Words(
        f"The running mean of this entry's squared gradient: {about.at('v', *about.index)} goes "
        f"1 − β₂ = {number(1 - about.number('β₂'))} of the way to {about.name('dW')}² = "
        f"{number(square)}.",
        "v is state, kept from iteration to iteration, and 0 at first. Its root says how large "
        "this entry's gradients usually are.",
    )


def _why_moved(about: About) -> Words:
    m, v = about.number("m", *about.index), about.number("v", *about.index)
    step = -about.number("ηₜ") * m / (math.sqrt(max(0.0, v)) + TINY)
    return Words(
        f"{about.at('m', *about.index)}, the usual gradient, over √v = "
        f"{number(math.sqrt(max(0.0, v)))}, its usual size, times −ηₜ: {about.parameter} moves by "
        f"{number(step)}.",
        "Entries with small gradients so take steps as long as those with large ones. ηₜ is η with "
        "what makes up for m and v having started from 0; 1e-7 keeps a v of 0 from a division by "
        "0.",
    )


class Adam(Optimizer):
    """Adam in the book's form (6.1.6): ηₜ holds both bias corrections, and 1e-7 stands outside √v.

    Args:
        lr: η, the learning rate.
        beta1: β₁, how much of m stays at each step, 0 to 1.
        beta2: β₂, the same of v.

    In the paper's form (Kingma and Ba 2014, algorithm 1) m and v are corrected each for itself and
    1e-8 is added after that: as η √(1 − β₂ᵗ) / (1 − β₁ᵗ) with 1e-8 √(1 − β₂ᵗ) in the place of 1e-7.
    """

    UPDATE: ClassVar[tuple[Operation, ...]] = (
        Operation(
            "m", "m ← m + (1 − β₁)(dW − m)", ("m", "β₁", "dW"), "{m} + {dW}", _m_terms, _m, _why_m
        ),
        Operation(
            "v", "v ← v + (1 − β₂)(dW² − v)", ("v", "β₂", "dW"), "{v} + {dW}", _v_terms, _v, _why_v
        ),
        Operation(
            "W",
            "W ← W − ηₜ m / (√v + 1e-7)",
            ("W", "ηₜ", "m", "v"),
            "{W} − {m} / {v}",
            _moved_terms,
            _moved,
            _why_moved,
        ),
    )
    STATE: ClassVar = ("m", "v")

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        super().__init__(lr)
        self.beta1 = beta1
        self.beta2 = beta2

    def constants(self, step: int) -> dict[str, float]:
        """Return η, β₁, β₂ and ηₜ, the learning rate of this step."""
        rate = self.lr * math.sqrt(1 - self.beta2**step) / (1 - self.beta1**step)
        return {"η": self.lr, "β₁": self.beta1, "β₂": self.beta2, "ηₜ": rate}

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        self._renew_means(grad, before, after)
        scaled_step(after["m"], after["v"], self.constants(step)["ηₜ"], update)

    def _renew_means(
        self, grad: Array, before: Mapping[str, Array], after: Mapping[str, Array]
    ) -> None:
        """Write m and v."""
        m, v = after["m"], after["v"]
        np.subtract(grad, before["m"], out=m)
        m *= 1 - self.beta1
        m += before["m"]
        np.multiply(grad, grad, out=v)
        v -= before["v"]
        v *= 1 - self.beta2
        v += before["v"]
