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
    found: list[Found] = []
    wrong = {key: compared[key] for key in differences}
    hows = {difference.how for difference in differences.values()}
    factors = [difference.factor for difference in differences.values()]
    whole = len(wrong) == len(compared) and samples > 1
    biases = all(entries.param.ndim == 1 for entries in wrong.values())
    if hows == {How.TIMES_N} and whole:
        found.append((NO_MEAN, 1.0))
    if hows == {How.OVER_N} and whole:
        found.append((MEAN_TWICE, 1.0))
    if hows == {How.SIGN} and whole:
        found.append((SIGN, 1.0))
    if hows == {How.OVER_N} and biases and not whole:
        found.append((BIAS_MEAN, 1.0))
    if hows == {How.TRANSPOSED}:
        found.append((NO_TRANSPOSE, 1.0))
    if hows == {How.FACTOR} and np.ptp(factors) <= 1e-4 and is_stray(factors[0], samples):
        found.append((TIMES_TWO, factors[0]))
    if hows == {How.DECAY} and np.ptp(factors) <= 1e-4 * abs(factors[0]) and factors[0] < 0:
        found.append((DECAY_MISSING, -factors[0]))
    if (
        biases
        and hows <= {How.EQUAL, How.FACTOR}
        and all(
            entries.right.size == entries.param.size > 1
            and close(entries.wrong, np.full_like(entries.wrong, entries.right.sum()), tolerance)
            for entries in wrong.values()
        )
    ):
        found.append((BIAS_ALL, 1.0))
    if all(_is(entries, last_sample.get(key), tolerance) for key, entries in wrong.items()):
        found.append((LAST_SAMPLE, 1.0))
    if all(_is_on_top(entries, before.get(key), tolerance) for key, entries in wrong.items()):
        found = [(NOT_ZEROED, 1.0)]
    return found[0] if len(found) == 1 else None


def _is(entries: Compared, expected: Array | None, tolerance: float) -> bool:
    return expected is not None and close(entries.wrong, expected, tolerance)


def _is_on_top(entries: Compared, before: Array | None, tolerance: float) -> bool:
    if before is None or before.shape != entries.shape:
        return False
    kept = before.reshape(-1)[entries.flat]
    return bool(kept.any()) and close(entries.wrong, entries.right + kept, tolerance)
