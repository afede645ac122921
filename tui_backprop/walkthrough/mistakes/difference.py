"""How a gradient differs from the right one, whatever made it so."""

from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.nn.operation import Shape
from tui_backprop.walkthrough.mistakes.chain import close
from tui_backprop.walkthrough.mistakes.factors import constant_factor, is_power_of


class How(Enum):
    """In which way a gradient is wrong, the simplest that fits.

    - MISSING: there is none. SHAPE: it has another shape.
    - NOT_FINITE, ZERO: some entries are no numbers; all are 0.
    - SIGN, OVER_N, TIMES_N, FACTOR: right times −1, 1/N, N, or another constant.
    - TRANSPOSED: the right one's transpose.
    - EQUAL: all entries are the same number. DECAY: off by a constant times the parameter.
    - ENTRIES: none of these.
    """

    MISSING = auto()
    SHAPE = auto()
    NOT_FINITE = auto()
    ZERO = auto()
    SIGN = auto()
    OVER_N = auto()
    TIMES_N = auto()
    FACTOR = auto()
    TRANSPOSED = auto()
    EQUAL = auto()
    DECAY = auto()
    ENTRIES = auto()


@dataclass(frozen=True, slots=True)
class Difference:
    """How a gradient is wrong, with the constant factor where there is one.

    `differing` of `entries` differ, of those that were looked at.
    """

    how: How
    differing: int
    entries: int
    factor: float = 1.0


@dataclass(frozen=True, eq=False)
class Compared:
    """Entries of a gradient, where they lie in the flattened parameter, beside the right ones."""

    flat: Entries
    right: Array
    wrong: Array
    param: Array

    @property
    def shape(self) -> Shape:
        """The parameter's."""
        return self.param.shape


def difference(compared: Compared, samples: int, tolerance: float) -> Difference:
    """Return how entries of a gradient differ from the right ones; `samples` is the batch's N."""
    right, wrong = compared.right, compared.wrong
    limit = tolerance * np.maximum(np.abs(right), np.abs(wrong))
    floor = tolerance * float(np.abs(right).max(initial=0.0)) * 1e-3
    differing = int((~(np.abs(wrong - right) <= np.maximum(limit, floor))).sum())

    def of(how: How, factor: float = 1.0) -> Difference:
        return Difference(how, differing, right.size, factor)

    if not np.isfinite(wrong).all():
        return of(How.NOT_FINITE)
    if not wrong.any():
        return of(How.ZERO)
    factor = constant_factor(right, wrong, tolerance)
    if factor is not None:
        power = is_power_of(factor, samples)
        named = {1: How.TIMES_N, -1: How.OVER_N}.get(power, How.FACTOR)
        return of(How.SIGN if abs(factor + 1) <= tolerance else named, factor)
    if _is_transposed(compared, tolerance):
        return of(How.TRANSPOSED)
    if wrong.size > 1 and close(wrong, np.full_like(wrong, wrong[0]), tolerance):
        return of(How.EQUAL)
    values = compared.param.astype(np.float64).reshape(-1)[compared.flat]
    decay = constant_factor(values, wrong - right, max(tolerance, 1e-5))
    if decay is not None and wrong.size > 2:
        return of(How.DECAY, decay)
    return of(How.ENTRIES)


def _is_transposed(compared: Compared, tolerance: float) -> bool:
    """Whether entries are the right ones from across the diagonal, as far as both were taken."""
    shape = compared.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
        return False
    rows, columns = np.unravel_index(compared.flat, shape)
    right = dict(zip(zip(rows, columns, strict=True), compared.right, strict=True))
    pairs = [
        (wrong, right[column, row])
        for row, column, wrong in zip(rows, columns, compared.wrong, strict=True)
        if (column, row) in right
    ]
    if len(pairs) < 2:
        return False
    left, across = np.array(pairs).T
    return close(left, across, tolerance)
