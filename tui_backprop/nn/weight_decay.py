"""Weight decay: large weights cost something (book 6.4.2).

The loss has ½ λ ‖W‖² of every W beside what the data say, and each gradient λ W. The b's, and what
a normalization learns, are left alone.
"""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array, row_squares
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Term,
    cell,
    plain,
    product,
    sum_of_all,
)
from tui_backprop.nn.words import About, Words, number


def row_costs(W: Array, decay: float) -> Array:
    """Return what each row of W adds to the loss, ½ λ Σ w², shape (rows,)."""
    costs = row_squares(W)
    costs *= 0.5 * decay
    return costs


def with_costs(loss: float, costs: Iterable[Array]) -> float:
    """Return the loss with what every row of every W adds to it."""
    for of_rows in costs:
        loss += float(np.add.reduce(of_rows))
    return loss


def _costs_terms(inputs: Inputs, index: Index) -> Derivation:
    decay, row = cell(inputs, "λ"), inputs["W"][index]
    weights = (cell(inputs, "W", *index, *place) for place in np.ndindex(row.shape))
    return Derivation(
        tuple(
            Term.of("½ {0} · {1}²", decay, w, value=0.5 * decay.value * w.value**2) for w in weights
        )
    )


def _costs(inputs: Inputs) -> Array:
    return row_costs(inputs["W"], float(inputs["λ"]))


def _whole(inputs: Inputs) -> Array:
    data, *costs = inputs.values()
    return np.array(with_costs(float(data), costs))


def _decayed_terms(inputs: Inputs, index: Index) -> Derivation:
    decaying = product(cell(inputs, "λ"), cell(inputs, "W", *index))
    return Derivation((plain(cell(inputs, "dW", *index)), decaying))


def _decayed(inputs: Inputs) -> Array:
    decayed: Array = inputs["dW"] + inputs["W"] * float(inputs["λ"])
    return decayed


def _why_costs(about: About) -> Words:
    row = about.array("W")[about.index]
    return Words(
        f"Row {about.index[0]} of {about.name('W')}, whose longest weight is"
        f" {number(float(np.abs(row).max()))}, adds {number(about.value)} to the loss.",
        "A weight twice as large costs four times as much, so that many small ones are cheaper than"
        " a few large ones.",
    )


def _why_whole(about: About) -> Words:
    data = about.number("L")
    return Words(
        f"{about.label} = {number(about.value)}: {number(data)} by what the data say,"
        f" {number(about.value - data)} by how large the weights are.",
        "What is trained on is both: a weight grows only where that lowers the data's part by more"
        " than it costs.",
    )


def _why_decayed(about: About) -> Words:
    index = about.index
    pull = about.number("λ") * about.number("W", *index)
    return Words(
        f"To what the data say, {number(about.number('dW', *index))}, comes λ times"
        f" {about.at('W', *index)}: {number(pull)}.",
        f"The data's part has come by the chain rule; with the derivative λ W of ½ λ W² it makes"
        f" ∂loss/∂{about.parameter} of the whole loss. Each step so pulls every weight towards 0 by"
        " a share of itself.",
    )


class WeightDecay:
    """The operations of weight decay; W and dW stand for any W of the net and its gradient."""

    NAME: ClassVar = "WeightDecay"
    COSTS: ClassVar = Operation(
        "q", "q = ½ λ Σⱼ W²", ("λ", "W"), "½ λ Σⱼ {W}²", _costs_terms, _costs, _why_costs
    )
    GRADIENT: ClassVar = Operation(
        "dW",
        "dW = dW + λ W",
        ("dW", "λ", "W"),
        "{dW} + λ {W}",
        _decayed_terms,
        _decayed,
        _why_decayed,
    )

    @staticmethod
    def whole_loss(keys: Iterable[str]) -> Operation:
        """Return what makes the loss of L, the data's part of it, and the rows' costs by W."""
        symbols = tuple(f"q{key}" for key in keys)
        return Operation(
            "loss",
            " + ".join(["loss = L", *(f"Σ {symbol}" for symbol in symbols)]),
            ("L", *symbols),
            " + ".join(["{L}", *(f"Σ {{{symbol}}}" for symbol in symbols)]),
            sum_of_all,
            _whole,
            _why_whole,
        )
