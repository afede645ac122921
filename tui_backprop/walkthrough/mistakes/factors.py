"""Constant factors between gradients and the right ones."""

import math
from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.mistakes.chain import close

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
    """Return the constant factors that are seen and that nothing else than a slip accounts for.

    Not those of a sign or of a mean over the samples, alone or times a simple number.
    """
    factors: list[float] = []
    for key, array in wrong.items():
        factor = constant_factor(right[key], array, tolerance) if key in right else None
        if factor is None or not is_stray(factor, samples):
            continue
        if not any(math.isclose(factor, known, rel_tol=1e-4) for known in factors):
            factors.append(factor)
    return tuple(factors)


def is_stray(factor: float, samples: int) -> bool:
    """Whether a factor is neither a sign nor has to do with the number of samples."""
    if factor < 0 or is_power_of(factor, samples):
        return False
    if _is_simple(factor):
        return True
    return not (_is_simple(factor * samples) or _is_simple(factor / samples))


def _is_simple(factor: float) -> bool:
    return any(math.isclose(factor, simple, rel_tol=1e-4) for simple in _SIMPLE)
