"""Gradient clipping by norm: a gradient that is too long is made shorter, in its direction.

The norm is that of all parameters' gradients together (Pascanu et al. 2013, algorithm 1).
"""

import math
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
    product,
    sum_of_all,
)
from tui_backprop.nn.words import About, Words, number


def squared_norm(squares: Iterable[Array]) -> float:
    """Return ‖g‖² given each gradient's `row_squares`."""
    total = 0.0
    for of_rows in squares:
        total += float(np.add.reduce(of_rows))
    return total


def clip_factor(limit: float, squared: float) -> float:
    """Return min(1, limit / ‖g‖); nan where the norm is not finite, which nothing can mend."""
    if not math.isfinite(squared):
        return math.nan
    norm = math.sqrt(squared)
    return 1.0 if norm <= limit else limit / norm


def _squares_terms(inputs: Inputs, index: Index) -> Derivation:
    row = inputs["dW"][index]
    entries = (cell(inputs, "dW", *index, *place) for place in np.ndindex(row.shape))
    return Derivation(tuple(Term.of("{0}²", g, value=g.value**2) for g in entries))


def _squares(inputs: Inputs) -> Array:
    return row_squares(inputs["dW"])


def _norm(inputs: Inputs) -> Array:
    return np.array(squared_norm(inputs.values()))


def _factor_terms(inputs: Inputs, index: Index) -> Derivation:
    limit, squared = cell(inputs, "c"), cell(inputs, "‖g‖²")
    value = clip_factor(limit.value, squared.value)
    return Derivation((Term.of("min(1, {0} / √{1})", limit, squared, value=value),))


def _factor(inputs: Inputs) -> Array:
    return np.array(clip_factor(float(inputs["c"]), float(inputs["‖g‖²"])))


def _clipped_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((product(cell(inputs, "f"), cell(inputs, "dW", *index)),))


def _clipped(inputs: Inputs) -> Array:
    clipped: Array = inputs["dW"] * float(inputs["f"])
    return clipped


def _why_squares(about: About) -> Words:
    return Words(
        f"Row {about.index[0]} of {about.name('dW')} adds {number(about.value)} to the square of"
        " the gradient's length.",
        "All parameters' gradients together are one long vector; its length squared is the sum of"
        " all its entries squared.",
    )


def _why_norm(about: About) -> Words:
    return Words(
        f"‖g‖² = {number(about.value)}: the gradient of all parameters is"
        f" {number(math.sqrt(max(0.0, about.value)))} long.",
        "How steep the loss is here, in its steepest direction.",
    )


def _why_factor(about: About) -> Words:
    length, limit = math.sqrt(about.number("‖g‖²")), about.number("c")
    compared = "no longer than" if about.value == 1 else "longer than"
    left = "stays as it is" if about.value == 1 else f"is made {number(about.value)} times as long"
    return Words(
        f"The gradient, {number(length)} long, is {compared} {number(limit)}, so it {left}.",
        "At a cliff of the loss a gradient is so long that one step would lose what was learned;"
        " its direction is as good as any.",
    )


def _why_clipped(about: About) -> Words:
    return Words(
        f"{about.at('dW', *about.index)} times f = {number(about.number('f'))}.",
        "Every entry of every gradient is shortened alike, so that the direction stays.",
    )


class Clipping:
    """The operations of clipping, in their order; dW stands for any parameter's gradient."""

    NAME: ClassVar = "Clipping"
    SQUARES: ClassVar = Operation(
        "q", "q = Σⱼ dW²", ("dW",), "Σⱼ {dW}²", _squares_terms, _squares, _why_squares
    )
    FACTOR: ClassVar = Operation(
        "f",
        "f = min(1, c / √‖g‖²)",
        ("c", "‖g‖²"),
        "{c} / {‖g‖²}",
        _factor_terms,
        _factor,
        _why_factor,
    )
    CLIPPED: ClassVar = Operation(
        "dW", "dW ← f dW", ("f", "dW"), "{f} {dW}", _clipped_terms, _clipped, _why_clipped
    )

    @staticmethod
    def norm(keys: Iterable[str]) -> Operation:
        """Return what makes ‖g‖² of the squares of these parameters' gradients."""
        symbols = tuple(f"q{key}" for key in keys)
        return Operation(
            "‖g‖²",
            "‖g‖² = " + " + ".join(f"Σ {symbol}" for symbol in symbols),
            symbols,
            " + ".join(f"Σ {{{symbol}}}" for symbol in symbols),
            sum_of_all,
            _norm,
            _why_norm,
        )
