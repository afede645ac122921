"""Derivations: the terms that make one cell of the tape, and where each operand came from."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from string import Formatter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operand, Shape, Term
from tui_backprop.nn.words import About, Words, cell_name
from tui_backprop.walkthrough.aten.bounds import within_reason
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.tape import Step, Tape
from tui_backprop.walkthrough.undeclared import Undeclared

_PICTURES = 4
"""Axes of the x of what lays windows on pictures: its p, if it has one, is their padding."""

_MOST_PADDING = 4

_BASE_ULPS = 8
"""Roundings of one cell beside those of its sums: products, exp and log to a few ulp, division."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the output of a step."""

    step: int
    index: Index


@dataclass(frozen=True, slots=True)
class TracedOperand:
    """One number in a term. `symbol` as the operation has it, `label` as in the network.

    `shown` is what the formula calls it: the symbol, but in an update the parameter's own name.
    `source` is the cell whose number this is, None for a leaf: the minibatch, a parameter, state,
    a constant.
    """

    symbol: str
    label: str
    index: Index
    value: float
    source: Cell | None
    shown: str

    @property
    def name(self) -> str:
        """The operand as it is written in a term: dout[3,17], or N."""
        return cell_name(self.shown, self.index)


@dataclass(frozen=True, slots=True)
class TracedTerm:
    """One summand: its operands, its value in float64, and how it is written."""

    form: str
    operands: tuple[TracedOperand, ...]
    value: float

    def names(self) -> str:
        """Return the term with its operands' names, as x[3,17] · dout[3,2]."""
        return self.form.format(*(operand.name for operand in self.operands))

    def numbers(self, number: Callable[[float], str]) -> str:
        """Return the term with its operands' values, each written by `number`."""
        written = []
        for before, field, _, _ in Formatter().parse(self.form):
            written.append(before)
            if field is not None:
                value = self.operands[int(field)].value
                text = number(value)
                behind_sign = before.rstrip().endswith(("·", "−", "+"))
                written.append(f"({text})" if behind_sign and value < 0 else text)
        return "".join(written)


class RankedTerm(NamedTuple):
    """A term in order of magnitude: its place in the formula, from 0, and the total so far."""

    position: int
    term: TracedTerm
    total: float


@dataclass(frozen=True, slots=True)
class CellDerivation:
    """Why a cell holds its number: shown = Σ terms / Σ divisor_terms, no divisor meaning 1.

    `shown` is the number on the tape, `value` what the terms come to in float64, and
    `rounding_bound` how far the two may be apart by the training dtype's rounding alone.
    """

    cell: Cell
    shown: float
    value: float
    terms: tuple[TracedTerm, ...]
    divisor_terms: tuple[TracedTerm, ...]
    divisor: float
    rounding_bound: float

    @property
    def agrees(self) -> bool:
        """Whether the terms make the number shown, up to the dtype's rounding."""
        return abs(self.shown - self.value) <= self.rounding_bound

    def by_magnitude(self) -> tuple[RankedTerm, ...]:
        """Return the terms, largest first, with running totals. Equals stay in formula order."""
        return _ranked(self.terms)

    def divisor_by_magnitude(self) -> tuple[RankedTerm, ...]:
        """Return the divisor's terms in the same way."""
        return _ranked(self.divisor_terms)


class NoDerivation(ValueError):  # noqa: N818 - it is no fault
    """Why a cell of a tape has no derivation, in a line."""


_NO_FIT = (ArithmeticError, LookupError, TypeError, ValueError)
"""What terms raise where somebody else's arrays are not of the shapes that they are made for."""


def terms_of(step: Step, index: Index, arrays: Inputs | None = None) -> Derivation | None:
    """Return the terms of a cell of a step's output, None where it has no derivation.

    The step's own arrays are read, unless others are given.
    """
    return _own_terms(step, index) if arrays is None else _terms(step, index, arrays)


@lru_cache(maxsize=1)
def _own_terms(step: Step, index: Index) -> Derivation | None:
    """Return the terms of a cell, made once for all who ask.

    Of a filter's weight they are tens of thousands: one for each window of each sample.
    """
    return _terms(step, index, step.arrays)


def _terms(step: Step, index: Index, arrays: Inputs) -> Derivation | None:
    if (operation := step.declared) is None:
        return None
    try:
        with np.errstate(all="ignore"):
            return operation.terms(arrays, index)
    except _NO_FIT:
        return None


def computed(step: Step, arrays: Inputs) -> Numbers | None:
    """Return what a step's operation makes of some arrays, None where it is not declared how.

    Of arrays that are not such as it is made for it is None too.
    """
    if (operation := step.declared) is None or _is_padded_out(arrays):
        return None
    if not within_reason(arrays, step.output.array.shape):
        return None
    try:
        with np.errstate(all="ignore"):
            return np.asarray(operation.compute(arrays))
    except (*_NO_FIT, MemoryError):
        return None


def said_of(step: Step, about: About) -> Words | None:
    """Return what a step's operation says of a cell, None where the cell has no derivation."""
    operation = step.declared
    if operation is None or terms_of(step, about.index) is None:
        return None
    try:
        with np.errstate(all="ignore"):
            return operation.why(about)
    except _NO_FIT:
        return None


def _is_padded_out(arrays: Inputs) -> bool:
    """Whether pictures are to be padded beyond reason, as a forged file may ask for."""
    x, pad = arrays.get("x"), arrays.get("p")
    if x is None or x.ndim != _PICTURES or pad is None or pad.ndim:
        return False
    return not float(pad) <= max(x.shape[2:]) + _MOST_PADDING


def why_underived(step: Step) -> str:
    """Return in words why a step has no derivation."""
    if isinstance(step.operation, Undeclared):
        return f"no derivation is declared for {step.operation.code}"
    missing = [f"{n.label} {n.missing}" for n in (*step.inputs, step.output) if n.missing]
    if missing:
        return f"no derivation without the numbers: {missing[0]}"
    return "the derivation that is declared does not fit these arrays"


def derive(tape: Tape, step_number: int, index: Index) -> CellDerivation:
    """Return the derivation of the cell at `index` in the output of a step.

    Raises:
        IndexError: there is no such step or cell.
        NoDerivation: the cell has none.
    """
    step = tape.step(step_number)
    check_index(step.output.label, step.output.array.shape, index)
    derivation = terms_of(step, index)
    if derivation is None:
        raise NoDerivation(why_underived(step))
    with np.errstate(all="ignore"):
        value, divisor = derivation.value, derivation.divisor
        bound = rounding_bound(derivation, step.dtype)
    return CellDerivation(
        Cell(step_number, index),
        float(step.output.array[index]),
        value,
        tuple(_traced(step, term) for term in derivation.terms),
        tuple(_traced(step, term) for term in derivation.divisor_terms),
        divisor,
        bound,
    )


def check_index(label: str, shape: Shape, index: Index) -> None:
    """Raise IndexError unless `index` is that of a cell of an array of this shape.

    Of an empty array the first cell may stand for all of it.
    """
    if len(index) != len(shape) or any(
        not 0 <= i < max(1, size) for i, size in zip(index, shape, strict=True)
    ):
        wanted = ", ".join(f"0 to {size - 1}" for size in shape) or "no index at all"
        raise IndexError(f"{cell_name(label, index)}: the index must be {wanted}")


def rounding_bound(derivation: Derivation, dtype: npt.DTypeLike) -> float:
    """Return how far the same sums and quotient computed in `dtype` can be from the exact value.

    A sum of n terms in any order, each with a few roundings of its own, is off by at most
    (n + few) · eps · Σ|terms|, and so is the divisor; what underflows adds the dtype's smallest
    normal number a term.
    """
    info = np.finfo(dtype)
    divisor = abs(derivation.divisor)
    if not divisor:
        return math.inf
    terms, divisor_terms = derivation.terms, derivation.divisor_terms
    roundings = len(terms) + len(divisor_terms) + _BASE_ULPS
    scale = sum(term.scale for term in terms)
    scale += abs(derivation.value) * sum(term.scale for term in divisor_terms)
    return float(roundings * (float(info.eps) * scale / divisor + float(info.tiny)))


def _ranked(terms: tuple[TracedTerm, ...]) -> tuple[RankedTerm, ...]:
    order = sorted(range(len(terms)), key=lambda position: -abs(terms[position].value))
    totals = accumulate(terms[position].value for position in order)
    return tuple(
        RankedTerm(position, terms[position], total)
        for position, total in zip(order, totals, strict=True)
    )


def _traced(step: Step, term: Term) -> TracedTerm:
    operands = tuple(_traced_operand(step, operand) for operand in term.operands)
    return TracedTerm(term.form, operands, term.value)


def _traced_operand(step: Step, operand: Operand) -> TracedOperand:
    named = step.input(operand.name)
    source = None
    if named is not None and named.step is not None:
        source = Cell(named.step, named.source(operand.index))
    label = operand.name if named is None else named.label
    shown = step.names.get(operand.name, operand.name)
    return TracedOperand(operand.name, label, operand.index, operand.value, source, shown)
