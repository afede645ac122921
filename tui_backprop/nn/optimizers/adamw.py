"""AdamW: Adam as its paper has it, with weights that decay beside it."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.optimizers.adam import Adam
from tui_backprop.nn.words import About, Words, number

TINY = 1e-8
"""The paper's ε: it keeps a v̂ of 0 from a division by 0."""


def _corrected_terms(inputs: Inputs, index: Index, symbol: str, correction: str) -> Derivation:
    mean, share = cell(inputs, symbol, *index), cell(inputs, correction)
    value = mean.value / share.value
    return Derivation((Term.of("{0} / ({1})", mean, share, value=value),))


def _m_hat_terms(inputs: Inputs, index: Index) -> Derivation:
    return _corrected_terms(inputs, index, "m", "1−β₁ᵗ")


def _m_hat(inputs: Inputs) -> Array:
    m_hat: Array = inputs["m"] / float(inputs["1−β₁ᵗ"])
    return m_hat


def _v_hat_terms(inputs: Inputs, index: Index) -> Derivation:
    return _corrected_terms(inputs, index, "v", "1−β₂ᵗ")


def _v_hat(inputs: Inputs) -> Array:
    v_hat: Array = inputs["v"] / float(inputs["1−β₂ᵗ"])
    return v_hat


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    W, rate, decay = cell(inputs, "W", *index), cell(inputs, "η"), cell(inputs, "λ")
    m, v = cell(inputs, "m̂", *index), cell(inputs, "v̂", *index)
    value = -rate.value * m.value / (math.sqrt(max(0.0, v.value)) + TINY)
    moved = Term.of("−{0} · {1} / (√{2} + 1e-8)", rate, m, v, value=value)
    decayed = Term.of("−{0} · {1} · {2}", rate, decay, W, value=-rate.value * decay.value * W.value)
    return Derivation((plain(W), moved, decayed))


def _moved(inputs: Inputs) -> Array:
    root = np.sqrt(inputs["v̂"])
    root += TINY
    update = inputs["W"] * float(inputs["λ"])
    update += inputs["m̂"] / root
    update *= -float(inputs["η"])
    moved: Array = inputs["W"] + update
    return moved


def _why_corrected(about: About, symbol: str, share: str, of_what: str) -> Words:
    return Words(
        f"{about.at(symbol, *about.index)} over {number(about.number(share))}, which is how much of"
        f" a mean it is by now.",
        f"{symbol} began at 0, and so is too small at first; corrected, it is the mean of"
        f" {of_what} so far.",
    )


def _why_m_hat(about: About) -> Words:
    return _why_corrected(about, "m", "1−β₁ᵗ", "the gradients")


def _why_v_hat(about: About) -> Words:
    return _why_corrected(about, "v", "1−β₂ᵗ", "their squares")


def _why_moved(about: About) -> Words:
    root = math.sqrt(max(0.0, about.number("v̂", *about.index))) + TINY
    step = -about.number("η") * about.number("m̂", *about.index) / root
    decayed = -about.number("η") * about.number("λ") * about.number("W", *about.index)
    return Words(
        f"{about.parameter} moves by {number(step)} against its mean gradient"
        f" {about.at('m̂', *about.index)}, and shrinks by η λ of itself: {number(decayed)}.",
        "Over √v̂, the steps of all entries have a like size. The decay stands beside the gradient,"
        " not in it, so that m and v know nothing of it: every weight shrinks at the same rate.",
    )


class AdamW(Adam):
    """Adam in the paper's form, with decoupled weight decay.

    m and v are corrected each for itself and ε = 1e-8 is added after that (Kingma and Ba 2014,
    algorithm 1); the book's `Adam` puts both corrections into η and adds 1e-7 before. The decay
    η λ W is no part of the gradient, so that m and v know nothing of it, and it shrinks every
    parameter, b too (Loshchilov and Hutter 2019, algorithm 2).

    Args:
        lr: η, the learning rate.
        beta1: β₁, how much of m stays at each step, 0 to 1.
        beta2: β₂, the same of v.
        decoupled_decay: λ.
    """

    UPDATE: ClassVar = (
        *Adam.UPDATE[:2],
        Operation(
            "m̂", "m̂ = m / (1 − β₁ᵗ)", ("m", "1−β₁ᵗ"), "{m}", _m_hat_terms, _m_hat, _why_m_hat
        ),
        Operation(
            "v̂", "v̂ = v / (1 − β₂ᵗ)", ("v", "1−β₂ᵗ"), "{v}", _v_hat_terms, _v_hat, _why_v_hat
        ),
        Operation(
            "W",
            "W ← W − η (m̂ / (√v̂ + 1e-8) + λ W)",
            ("W", "η", "m̂", "v̂", "λ"),
            "{W} − {m̂} / {v̂} − {W}",
            _moved_terms,
            _moved,
            _why_moved,
        ),
    )
    SPARE: ClassVar = True

    def __init__(
        self,
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        decoupled_decay: float = 0.01,
    ) -> None:
        super().__init__(lr, beta1, beta2)
        self.decoupled_decay = decoupled_decay

    def constants(self, step: int) -> dict[str, float]:
        """Return η, β₁, β₂, λ and how much of a mean there is after this many steps."""
        return {
            "η": self.lr,
            "β₁": self.beta1,
            "β₂": self.beta2,
            "λ": self.decoupled_decay,
            "1−β₁ᵗ": 1 - self.beta1**step,
            "1−β₂ᵗ": 1 - self.beta2**step,
        }

    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        constants, scaled = self.constants(step), self.spare
        self._renew_means(grad, before, after)
        np.divide(after["v"], constants["1−β₂ᵗ"], out=update)
        np.sqrt(update, out=update)
        update += TINY
        np.divide(after["m"], constants["1−β₁ᵗ"], out=scaled)
        scaled /= update
        np.multiply(param, self.decoupled_decay, out=update)
        update += scaled
        update *= -self.lr
