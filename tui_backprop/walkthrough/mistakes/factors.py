"""Constant factors between gradients and the right ones."""

import math
from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.mistakes.chain import close

_SAME = 1e-4
_TWOS = (2.0, 0.5)
_SIMPLE = (2.0, 3.0, 4.0, 0.5, 1 / 3, 0.25)


def constant_factor(right: Array, wrong: Array, tolerance: float) -> float | None:
    """Return the c of wrong = c · right in every entry, None where there is none but 0 or 1."""
    square = float(np.vdot(right, right))
    if right.shape != wrong.shape or not square > 0 or not math.isfinite(square):
        return None
    factor = float(np.vdot(right, wrong)) / square
    if not math.isfinite(factor) or factor == 0 or not close(wrong, factor * right, tolerance):
        return None
    return None if math.isclose(factor, 1.0, rel_tol=10 * tolerance) else factor


def is_power_of(factor: float, samples: int, tolerance: float = 1e-4) -> int:
    """Return k where a factor is the samples' N to the power of k, 1 or 2 or negative; else 0."""
    if samples < 2 or factor <= 0:
        return 0
    power = math.log(factor) / math.log(samples)
    nearest = round(power)
    return nearest if 0 < abs(nearest) <= 2 and abs(power - nearest) < tolerance else 0


def stray_factors(
    right: Mapping[str, Array], wrong: Mapping[str, Array], samples: int, tolerance: float
) -> tuple[float, ...]:
    """Return the factors that may have slipped in, by the constant ones that are seen.

    A factor that is seen may be one that slipped in times a mean that is missing, or too much.
    """
    found: list[float] = []
    for key, array in wrong.items():
        seen = constant_factor(right[key], array, tolerance) if key in right else None
        for factor in () if seen is None else slips(abs(seen), samples):
            if not any(math.isclose(factor, known, rel_tol=_SAME) for known in found):
                found.append(factor)
    return tuple(found)


def slips(seen: float, samples: int) -> tuple[float, ...]:
    """Return the factors that would show as this one, above 0, by themselves or with 1/N or N.

    Where N or 1/N is seen, that is a mean's and no slip, unless it is 2 or 1/2, which may be both.
    """
    if is_power_of(seen, samples):
        return (seen,) if any(math.isclose(seen, two, rel_tol=_SAME) for two in _TWOS) else ()
    if math.isclose(seen, 1.0, rel_tol=_SAME):
        return ()
    simple = [f for f in (seen, seen * samples, seen / samples) if _is_simple(f)]
    return tuple(simple) or (seen,)


def is_slip(factor: float, samples: int) -> bool:
    """Whether a factor may have slipped in by itself."""
    return factor > 0 and any(
        math.isclose(factor, slip, rel_tol=_SAME) for slip in slips(factor, samples)
    )


def _is_simple(factor: float) -> bool:
    return any(math.isclose(factor, simple, rel_tol=_SAME) for simple in _SIMPLE)
