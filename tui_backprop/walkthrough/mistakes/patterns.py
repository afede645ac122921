"""Mistakes named by how gradients differ alone, where nothing is known of a net's inside."""

from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.mistakes.at_the_scores import MEAN_TWICE, NO_MEAN, SIGN
from tui_backprop.walkthrough.mistakes.chain import close
from tui_backprop.walkthrough.mistakes.difference import Compared, Difference, How
from tui_backprop.walkthrough.mistakes.factors import is_stray
from tui_backprop.walkthrough.mistakes.mistake import Mistake
from tui_backprop.walkthrough.mistakes.weights import (
    BIAS_ALL,
    BIAS_MEAN,
    LAST_SAMPLE,
    NO_TRANSPOSE,
    NOT_ZEROED,
    TIMES_TWO,
)
from tui_backprop.walkthrough.mistakes.whole_gradients import DECAY_MISSING

Found = tuple[Mistake, float]
"""A mistake, and the factor or λ that it shows with."""


def by_pattern(
    differences: Mapping[str, Difference],
    compared: Mapping[str, Compared],
    samples: int,
    *,
    before: Mapping[str, Array],
    last_sample: Mapping[str, Array],
    tolerance: float,
) -> Found | None:
    """Return the one mistake that all wrong gradients look like, None where none or several do.

    Args:
        differences: of each wrong parameter.
        compared: of each parameter, wrong or right, the entries that were looked at.
        samples: N.
        before: what the call before had left of each parameter.
        last_sample: the last sample's part alone, at the same entries.
        tolerance: as a share of the largest.
    """
    if not differences:
        return None
    wrong = {key: compared[key] for key in differences}
    if all(_is_on_top(entries, before.get(key), tolerance) for key, entries in wrong.items()):
        return NOT_ZEROED, 1.0
    found = _by_factor(differences, compared, samples)
    if all(_is(entries, last_sample.get(key), tolerance) for key, entries in wrong.items()):
        found.append((LAST_SAMPLE, 1.0))
    if all(_is_one_sum(entries, tolerance) for entries in wrong.values()):
        found.append((BIAS_ALL, 1.0))
    return found[0] if len(found) == 1 else None


def _by_factor(
    differences: Mapping[str, Difference], compared: Mapping[str, Compared], samples: int
) -> list[Found]:
    """Return the mistakes that show in what all wrong gradients have in common."""
    factors = [difference.factor for difference in differences.values()]
    first = factors[0]
    if len({difference.how for difference in differences.values()}) > 1:
        return []
    if np.ptp(factors) > 1e-4 * abs(first):
        return []
    how = next(iter(differences.values())).how
    whole = len(differences) == len(compared) and samples > 1
    biases = all(compared[key].param.ndim == 1 for key in differences)
    found = {
        NO_MEAN: how is How.TIMES_N and whole,
        MEAN_TWICE: how is How.OVER_N and whole,
        SIGN: how is How.SIGN and whole,
        BIAS_MEAN: how is How.OVER_N and biases and not whole,
        NO_TRANSPOSE: how is How.TRANSPOSED,
        TIMES_TWO: how is How.FACTOR and is_stray(first, samples),
        DECAY_MISSING: how is How.DECAY and first < 0,
    }
    return [(mistake, abs(first)) for mistake, fits in found.items() if fits]


def _is(entries: Compared, expected: Array | None, tolerance: float) -> bool:
    return expected is not None and close(entries.wrong, expected, tolerance)


def _is_one_sum(entries: Compared, tolerance: float) -> bool:
    if entries.param.ndim != 1 or not entries.right.size == entries.param.size > 1:
        return False
    return close(entries.wrong, np.full_like(entries.wrong, entries.right.sum()), tolerance)


def _is_on_top(entries: Compared, before: Array | None, tolerance: float) -> bool:
    if before is None or before.shape != entries.shape:
        return False
    kept = before.reshape(-1)[entries.flat]
    return bool(kept.any()) and close(entries.wrong, entries.right + kept, tolerance)
