"""How layers and optimizers declare their operations, so that every number can be explained."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.words import Why

Index: TypeAlias = tuple[int, ...]
Inputs: TypeAlias = Mapping[str, Array]
Shape: TypeAlias = tuple[int, ...]

_SYMBOL = re.compile(r"{([^{}ᵀ]+)(ᵀ?)}")


@dataclass(frozen=True, slots=True)
class Operand:
    """One number that enters a term: a cell of the input `name`, or a constant of that name."""

    name: str
    index: Index
    value: float


@dataclass(frozen=True, slots=True)
class Term:
    """One summand: `form` with its operands filled in, as "{0} · {1}", and what it comes to.

    `scale` is what rounding acts on: a few times the dtype's eps times `scale` is how far the
    dtype's own term may be off. That is |value| unless the form magnifies its operands' errors.
    """

    form: str
    operands: tuple[Operand, ...]
    value: float
    scale: float

    @classmethod
    def of(cls, form: str, *operands: Operand, value: float, scale: float | None = None) -> "Term":
        """Return a term whose scale is |value| unless another is given."""
        return cls(form, operands, value, abs(value) if scale is None else scale)


@dataclass(frozen=True, slots=True)
class Derivation:
    """Where one number comes from: Σ terms / Σ divisor_terms, in float64; no divisor means 1."""

    terms: tuple[Term, ...]
    divisor_terms: tuple[Term, ...] = ()

    @property
    def divisor(self) -> float:
        """The sum of the divisor's terms, 1 where there are none."""
        return exact_sum(self.divisor_terms) if self.divisor_terms else 1.0

    @property
    def value(self) -> float:
        """What the terms come to."""
        divisor = self.divisor
        return exact_sum(self.terms) / divisor if divisor else math.nan


@dataclass(frozen=True, slots=True)
class Choice:
    """Of the cells `among` those of an array, by its symbol, the `chosen` one alone counts."""

    name: str
    among: tuple[Index, ...]
    chosen: Index


def no_choices(inputs: Inputs, index: Index) -> tuple[Choice, ...]:
    """Return none: every operand counts."""
    return ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a pass: which output it makes from which inputs, and how each cell is made.

    Args:
        output: the book's symbol for the result: out, dx, or d and a parameter's name in a layer.
        formula: in the book's symbols, as "dW = xᵀ · dout".
        inputs: the symbols of the arrays and constants that `terms` reads.
        shapes: the formula's right side with symbols in braces, as "{xᵀ}·{dout}".
        terms: the derivation of the output's cell at an index within its shape. A function of a
            module, so that an operation can be sent to another process; so is `compute`.
        compute: the whole output, of the inputs alone, equal to the bit to what a pass makes.
        why: what to say of one cell in plain words.
        choices: what was chosen among cells of an input, or of the output, to make a cell.

    In formulas · is the matrix product, × goes entry by entry.
    In an optimizer's operations W stands for the parameter, dW for its gradient, η for the
    learning rate; other inputs and outputs are the parts of its state, or made on the way.
    """

    output: str
    formula: str
    inputs: tuple[str, ...]
    shapes: str
    terms: Callable[[Inputs, Index], Derivation]
    compute: Callable[[Inputs], Array]
    why: Why
    choices: Callable[[Inputs, Index], tuple[Choice, ...]] = no_choices

    def shapes_text(self, inputs: Mapping[str, Shape], output: Shape) -> str:
        """Return the formula in shapes, as "(50,100)·(100,10) → (50,10)"."""

        def shape_of(match: re.Match[str]) -> str:
            shape = inputs[match[1]]
            return shape_text(shape[::-1] if match[2] else shape)

        return f"{_SYMBOL.sub(shape_of, self.shapes)} → {shape_text(output)}"


def shape_text(shape: Shape) -> str:
    """Return a shape as (50,10), (10,) or ()."""
    return f"({shape[0]},)" if len(shape) == 1 else f"({','.join(map(str, shape))})"


def cell(inputs: Inputs, name: str, *index: int) -> Operand:
    """Return the operand that a cell of an input is."""
    return Operand(name, tuple(map(int, index)), float(inputs[name][index]))


def constant(name: str, value: float) -> Operand:
    """Return an operand that is no cell of an array, as the N of a mean."""
    return Operand(name, (), float(value))


def plain(operand: Operand) -> Term:
    """Return the term that is one operand itself."""
    return Term.of("{0}", operand, value=operand.value)


def product(left: Operand, right: Operand) -> Term:
    """Return the term that is the product of two operands."""
    return Term.of("{0} · {1}", left, right, value=left.value * right.value)


def sum_of_all(inputs: Inputs, index: Index) -> Derivation:
    """Return the sum of all cells of all inputs."""
    cells = (
        plain(cell(inputs, symbol, *place))
        for symbol, array in inputs.items()
        for place in np.ndindex(array.shape)
    )
    return Derivation(tuple(cells))


def exact_sum(terms: tuple[Term, ...]) -> float:
    """Return the sum of the terms' values, rounded once; nan where infinities cancel."""
    try:
        return math.fsum(term.value for term in terms)
    except (ValueError, OverflowError):
        with np.errstate(all="ignore"):
            return float(np.sum([term.value for term in terms]))


def require_operations(cls: type[Any], *names: str) -> None:
    """Raise TypeError where a class lacks one of its declarations of operations."""
    for name in names:
        if not isinstance(getattr(cls, name, None), tuple):
            raise TypeError(f"{cls.__name__} must declare its operations: {name} is missing")
