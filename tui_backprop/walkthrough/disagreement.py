"""Where somebody's code and the derivations part: the first step that is not what it should be."""

from dataclasses import replace

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, exact_sum
from tui_backprop.walkthrough.derivation import computed, rounding_bound, terms_of
from tui_backprop.walkthrough.step import Numbers, Step
from tui_backprop.walkthrough.tape import Disagreement, Tape

TOLERANCE = 1e-5
"""Of what a cell is made of. Less is no mistake, but a constant such as the 1e-7 in a log."""


def compared(tape: Tape) -> Tape:
    """Return the tape with the first step marked that its derivation makes otherwise, if any.

    Each derivation is made of the very arrays that the step read, wrong or not: what follows from
    a wrong one is not wrong again. What has no derivation is taken as it is.
    """
    found = (difference(step) for step in tape)
    return replace(tape, disagreement=next((one for one in found if one is not None), None))


def difference(step: Step) -> Disagreement | None:
    """Return how a step's result differs from what its derivation makes of the same arrays.

    All cells are compared with what the operation computes; of those that are furthest off, the
    derivation has the last word. None where they agree, or there is nothing to compare.
    """
    made = computed(step, {symbol: _exact(array) for symbol, array in step.arrays.items()})
    if made is None:
        return None
    if made.shape != step.output.array.shape:
        return Disagreement(step.number, shape=made.shape)
    return next((d for i in _furthest_off(step, made) if (d := difference_at(step, i))), None)


def difference_at(step: Step, index: Index) -> Disagreement | None:
    """Return how one cell differs from its derivation, None where it does not or has none."""
    derivation = terms_of(step, index)
    if derivation is None:
        return None
    with np.errstate(all="ignore"):
        expected, shown = derivation.value, float(step.output.array[index])
        allowed = max(rounding_bound(derivation, step.dtype), TOLERANCE * _size(derivation))
        differs = np.isfinite(expected) and not abs(shown - expected) <= allowed
    return Disagreement(step.number, index, expected) if differs else None


def _furthest_off(step: Step, made: Numbers) -> list[Index]:
    """Return the cells that are furthest off, absolutely and for their size."""
    with np.errstate(all="ignore"):
        shown = _exact(step.output.array)
        made = made.astype(np.float64)
        off = np.nan_to_num(np.abs(shown - made), nan=np.inf, posinf=np.inf)
        off = np.where((shown == made) | ~np.isfinite(made), 0, off)
        share = off / np.where(made == 0, 1, np.abs(made))
    if not off.any():
        return []
    places = {int(off.argmax()), int(np.nan_to_num(share, posinf=np.inf).argmax())}
    return [tuple(map(int, np.unravel_index(at, made.shape))) for at in sorted(places)]


def _size(derivation: Derivation) -> float:
    """Return how large the numbers are that make a cell, divided as they are."""
    divisor = abs(exact_sum(derivation.divisor_terms)) if derivation.divisor_terms else 1.0
    return sum(abs(term.value) for term in derivation.terms) / divisor if divisor else 0.0


def _exact(array: Numbers) -> Numbers:
    return array.astype(np.float64) if array.dtype.kind == "f" else array
