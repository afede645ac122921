"""What a difference between a numerical gradient and backpropagation's means."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.walkthrough.perturbation import Differences

RELATIVE_TOLERANCE = 1e-6
"""Two gradients agree when they differ by less than this share of the larger one.

Central differences at h = 1e-4 are good to about 1e-8, and a mistake in a backward pass is
seldom smaller than a percent: 1e-6 is far from both.
"""

_ROUND_OFF_ULPS = 16
"""Errors of the loss, in eps times its scale; 3 were the most seen in right nets."""

_SHRINK = 4.0

_STAYS = 0.75
"""A difference that keeps more than this share is not explained. Halving h leaves a quarter of
what curvature makes, and the smallest h used adds less than 0.4 of round-off."""

Codes: TypeAlias = npt.NDArray[np.int8]
Probe: TypeAlias = Callable[[Entries, float | Array], Differences]


class CheckVerdict(Enum):
    """What the check says of an entry.

    - AGREES, WRONG: the two gradients were compared.
    - NOT_FINITE: one of them is no number.
    - ROUND_OFF: they differ, by no more than round-off alone makes of a difference at this h.
    - KINK: they differ, because a unit crossed its layer's kink within ±h.
    - CURVATURE: they differ, because the loss curves within ±h: h is too large.
    """

    AGREES = auto()
    ROUND_OFF = auto()
    KINK = auto()
    CURVATURE = auto()
    WRONG = auto()
    NOT_FINITE = auto()

    @property
    def failed(self) -> bool:
        """Whether this speaks against the backward pass."""
        return self in (CheckVerdict.WRONG, CheckVerdict.NOT_FINITE)

    @property
    def compared(self) -> bool:
        """Whether this speaks for the backward pass or against it."""
        return self is CheckVerdict.AGREES or self.failed

    @property
    def code(self) -> int:
        """The verdict's place in `VERDICTS`, as it stands in arrays."""
        return VERDICTS.index(self)


VERDICTS = tuple(CheckVerdict)


def counts_of(codes: Codes) -> dict[CheckVerdict, int]:
    """Return how many entries got each verdict."""
    counts = np.bincount(codes, minlength=len(VERDICTS))
    return {verdict: int(counts[verdict.code]) for verdict in VERDICTS}


def compared_in(codes: Codes) -> npt.NDArray[np.bool_]:
    """Return which entries were compared, shape of `codes`."""
    return np.isin(codes, [verdict.code for verdict in VERDICTS if verdict.compared])


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of each entry, shape (E,): the central difference, its relative error, a verdict's code."""

    numerical: Array
    relative_error: Array
    codes: Codes


def round_off(loss_scale: float, h: float) -> float:
    """Return how far round-off alone can move a central difference of a float64 loss.

    The loss is off by some eps times the scale of the numbers it is made of, and a difference
    divides that by h.
    """
    return _ROUND_OFF_ULPS * float(np.finfo(np.float64).eps) * loss_scale / h


def relative_error(numerical: Array, backprop: Array) -> Array:
    """Return |numerical - backprop| over the larger magnitude of the two, 0 where both are 0."""
    difference, size = np.abs(numerical - backprop), _larger(numerical, backprop)
    error: Array = np.divide(difference, size, out=np.zeros_like(size), where=size != 0)
    error[~np.isfinite(error)] = np.inf
    return error


def judge(
    backprop: Array,
    probe: Probe,
    h: float,
    loss_scale: float,
    tolerance: float = RELATIVE_TOLERANCE,
) -> Judgement:
    """Compare gradients of backpropagation, shape (E,), with central differences at `h`.

    A difference that is neither within the tolerance nor within round-off has to be explained by
    what central differences are known to get wrong, and the explanation is tested: at smaller h,
    where no ReLU crosses 0 and the loss is straight, the two must agree. An entry for which they
    don't, at an h that can resolve the difference, is wrong.

    Args:
        backprop: in float64, shape (E,).
        probe: returns the central differences of some of the entries (indices 0 … E-1), at one
            h or at one for each.
        h: the step size asked about.
        loss_scale: magnitude of the numbers the loss is made of.
        tolerance: two gradients agree when they differ by less than this share of the larger one.
    """
    with np.errstate(all="ignore"):
        first = probe(np.arange(backprop.size), h)
        numerical = first.numerical
        finite = np.isfinite(numerical) & np.isfinite(backprop)
        difference = np.abs(numerical - backprop)
        codes = np.full(backprop.shape, CheckVerdict.AGREES.code, np.int8)
        doubtful = difference > tolerance * _larger(numerical, backprop)
        codes[doubtful] = CheckVerdict.ROUND_OFF.code
        doubtful &= difference > round_off(loss_scale, h)
        codes[~finite] = CheckVerdict.NOT_FINITE.code
        doubted = np.flatnonzero(doubtful & finite)
        if doubted.size:
            reason = np.where(
                first.crossed[doubted], CheckVerdict.KINK.code, CheckVerdict.CURVATURE.code
            )
            wrong = ~_explained(doubted, backprop, numerical, probe, h, loss_scale, tolerance)
            codes[doubted] = np.where(wrong, CheckVerdict.WRONG.code, reason)
        return Judgement(numerical, relative_error(numerical, backprop), codes)


def _explained(
    doubted: Entries,
    backprop: Array,
    numerical: Array,
    probe: Probe,
    h: float,
    loss_scale: float,
    tolerance: float,
) -> npt.NDArray[np.bool_]:
    """Return which of the doubted entries agree once h is small enough, shape of `doubted`.

    Each is first looked at with the smallest h that still resolves its difference: what remains
    of it there is neither curvature nor a kink further away. Where most of it is gone, h shrinks
    until the two agree within the tolerance or round-off, or something that stays is found. A kink
    within even the smallest h is taken as the explanation: there the loss has no derivative.
    """
    explained = np.ones(doubted.size, np.bool_)
    gap = np.abs(numerical - backprop)[doubted]
    pending = np.arange(doubted.size)
    step = h
    while pending.size:
        expected = backprop[doubted[pending]]
        finest = np.minimum(step / 2, 2 * round_off(loss_scale, 1.0) / gap)
        closest = probe(doubted[pending], finest)
        stays = ~(np.abs(closest.numerical - expected) <= _STAYS * gap)
        explained[pending[stays & ~closest.crossed]] = False
        pending = pending[~(stays | closest.crossed)]
        if not pending.size:
            break
        step /= _SHRINK
        smaller = probe(doubted[pending], step).numerical
        expected = backprop[doubted[pending]]
        gap = np.abs(smaller - expected)
        agrees = gap <= tolerance * _larger(smaller, expected)
        agrees |= gap <= round_off(loss_scale, step)
        pending, gap = pending[~agrees], gap[~agrees]  # a nan stays, for the next look to find
    return explained


def _larger(left: Array, right: Array) -> Array:
    larger: Array = np.maximum(np.abs(left), np.abs(right))
    return larger
