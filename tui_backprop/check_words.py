"""What the gradient check says in words: on the screen, on the command line, in a transcript."""

from collections.abc import Mapping

from tui_backprop.walkthrough.full_check import CheckOutcome, NetCheck, ParameterCheck
from tui_backprop.walkthrough.judgement import CheckVerdict

VERDICT_WORDS: Mapping[CheckVerdict, str] = {
    CheckVerdict.AGREES: "agrees",
    CheckVerdict.ROUND_OFF: "the difference is round-off at this h",
    CheckVerdict.KINK: "a ReLU crossed 0 within ±h",
    CheckVerdict.CURVATURE: "h is too large: the loss curves within ±h",
    CheckVerdict.WRONG: "the gradient is wrong",
    CheckVerdict.NOT_FINITE: "not a finite number",
}
"""Of one entry."""

OUTCOME_WORDS: Mapping[CheckOutcome, str] = {
    CheckOutcome.RIGHT: "agrees",
    CheckOutcome.ZERO: "0 up to round-off",
    CheckOutcome.WRONG: "WRONG",
    CheckOutcome.NOT_CHECKABLE: "not checkable",
}
"""Of all entries of a parameter."""

_NAMED = 3
"""Parameters that a sentence names; the table has them all."""


def net_words(check: NetCheck) -> str:
    """Return what the check of a whole net comes to, and over how many entries."""
    if check.outcome is CheckOutcome.WRONG:
        return "a gradient is WRONG"
    if check.outcome is CheckOutcome.NOT_CHECKABLE:
        unchecked = [p for p in check.parameters if p.outcome is CheckOutcome.NOT_CHECKABLE]
        names = ", ".join(parameter.key for parameter in unchecked[:_NAMED])
        if len(unchecked) > _NAMED:
            names += f" and {len(unchecked) - _NAMED} more"
        return f"not checkable at h = {check.h:g}: {names}; {_advice(unchecked)}"
    if check.outcome is CheckOutcome.ZERO:
        return "every gradient is 0 up to round-off"
    return f"every gradient is right, {check.compared:,} of {check.total:,} compared"


def count_words(check: ParameterCheck) -> str:
    """Return how many entries were compared, and why the others were not."""
    reasons = {
        CheckVerdict.KINK: "at a kink",
        CheckVerdict.CURVATURE: "where h is too large",
        CheckVerdict.ROUND_OFF: "in round-off",
    }
    others = [f"{check.counts[v]:,} {why}" for v, why in reasons.items() if check.counts[v]]
    return ", ".join([f"{check.compared:,} of {check.entries:,} compared", *others])


def _advice(unchecked: list[ParameterCheck]) -> str:
    """Return what lets more entries be compared."""
    lost = sum(parameter.counts[CheckVerdict.ROUND_OFF] for parameter in unchecked)
    if 2 * lost > sum(parameter.entries for parameter in unchecked):
        return "try a larger h"
    if all(parameter.counts[CheckVerdict.KINK] for parameter in unchecked):
        # Exactly on a kink, as where biases and a sample are 0, no h is small enough.
        return "try a smaller h or another minibatch"
    return "try a smaller h"
