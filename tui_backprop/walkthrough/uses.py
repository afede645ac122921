"""The gradient of a parameter that is used in several places: what each use makes, added up."""

from collections.abc import Sequence

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, plain
from tui_backprop.nn.words import About, Words, counted, number


def _terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation(tuple(plain(cell(inputs, symbol, *index)) for symbol in inputs))


def _sum(inputs: Inputs) -> Array:
    first, *others = inputs.values()
    total = np.array(first)
    for other in others:
        total = total + other
    return total


def _why(about: About) -> Words:
    parts = [f"{symbol}: {number(about.number(symbol, *about.index))}" for symbol in about.inputs]
    return Words(
        f"{about.parameter} is used in {counted(len(parts), 'place')}, and each has its say:"
        f" {'; '.join(parts)}. Summed: {about.of_raising(about.parameter)}.",
        "By the chain rule the loss changes by what each use of a parameter changes it by: their"
        " gradients add up. Whoever keeps only the last one leaves the others out.",
    )


def sum_of_uses(symbols: Sequence[str]) -> Operation:
    """Return what adds up the gradients of a parameter's uses, which go by these symbols."""
    return Operation(
        "dW",
        f"dW = {' + '.join(symbols)}",
        tuple(symbols),
        " + ".join(f"{{{symbol}}}" for symbol in symbols),
        _terms,
        _sum,
        _why,
    )
