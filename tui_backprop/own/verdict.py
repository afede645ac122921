"""What a check comes to, for code that is not ours."""

from enum import StrEnum

from tui_backprop.walkthrough.judgement import VERDICTS, CheckVerdict, Judgement


class Verdict(StrEnum):
    """Of a parameter, a layer, or a whole net."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_CHECKABLE = "not checkable"


def verdict_of(judgement: Judgement, *, zero: bool = False) -> Verdict:
    """Return what a judgement of several gradients comes to.

    Wrong if one is; right if one was compared and none is wrong. Where `zero`, gradients that are
    0 up to round-off on both sides are right too.
    """
    found = {VERDICTS[code] for code in judgement.codes}
    if any(verdict.failed for verdict in found):
        return Verdict.WRONG
    if any(verdict.compared for verdict in found):
        return Verdict.RIGHT
    return Verdict.RIGHT if zero and found == {CheckVerdict.ROUND_OFF} else Verdict.NOT_CHECKABLE
