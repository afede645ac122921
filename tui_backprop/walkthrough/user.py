"""The way back from a cell of an operand: a cell of the result that it is used in."""

from collections.abc import Iterator
from itertools import chain, islice, product

import numpy as np

from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import computed, terms_of
from tui_backprop.walkthrough.tape import Step, Tape

_PICTURES = 4
"""Axes of an array of pictures, or of filters: the last two are rows and columns."""

_FEW = 3

_MOST_CANDIDATES = 5000
"""Cells looked at one by one: some tenths of a second."""


def user_of(tape: Tape, number: int, symbol: str, cell: Index, subject: Index) -> Index | None:
    """Return the cell of a step's result that a cell of an operand is used in.

    Of several it is the one nearest to the subject: with as many of its places as can be.
    None where no such cell is found.

    Raises:
        IndexError: there is no such step.
    """
    step = tape.step(number)
    shape = step.output.array.shape
    for index in chain(_spoiled_by(step, symbol, cell, subject), _candidates(shape, cell, subject)):
        derivation = terms_of(step, index)
        if derivation is None:
            return None
        terms = (*derivation.terms, *derivation.divisor_terms)
        if any(o.name == symbol and o.index == cell for term in terms for o in term.operands):
            return index
    return None


def _spoiled_by(step: Step, symbol: str, cell: Index, subject: Index) -> list[Index]:
    """Return the few cells nearest to the subject that are no numbers if this one is none.

    So those that use it are found at once, where thousands of terms would have to be gone through;
    but not where it is only compared.
    """
    arrays = step.arrays
    if symbol not in arrays or arrays[symbol].dtype.kind != "f":
        return []
    spoiled = arrays[symbol].copy()
    spoiled[cell] = np.nan
    made = computed(step, {**arrays, symbol: spoiled})
    if made is None or made.shape != step.output.array.shape:
        return []
    found = np.argwhere(np.isnan(made) & ~np.isnan(step.output.array))
    if not len(found):
        return []
    nearest = np.argsort((found != np.array(subject, int)).sum(axis=1), kind="stable")
    return [tuple(map(int, found[at])) for at in nearest[:_FEW]]


def _candidates(shape: tuple[int, ...], cell: Index, subject: Index) -> Iterator[Index]:
    """Return the cells that may use another: the subject's places, some replaced by that one's.

    Of pictures, whose cells lie in windows of other numbers, all of the samples' cells come last.
    """
    choices = [
        {place, *(p for p in cell if p < size)} for place, size in zip(subject, shape, strict=True)
    ]
    made = {tuple(index) for index in product(*choices)}

    def distance(index: Index) -> tuple[int, Index]:
        return sum(a != b for a, b in zip(index, subject, strict=True)), index

    yield from sorted(made, key=distance)
    if _PICTURES in (len(cell), len(shape)):
        rest = product(choices[0], *map(range, shape[1:]))
        yield from islice(sorted(set(rest) - made, key=distance), _MOST_CANDIDATES)
