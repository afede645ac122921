"""What the check of somebody's net says in words."""

from collections.abc import Mapping, Sequence

from tui_backprop.walkthrough.judgement import CheckVerdict
from tui_backprop.walkthrough.mistakes.difference import Difference, How

HOW_WORDS: Mapping[How, str] = {
    How.MISSING: "gradient() returns none of that name",
    How.SHAPE: "has the shape {shape}",
    How.NOT_FINITE: "has entries that are no finite numbers",
    How.ZERO: "is 0 everywhere",
    How.SIGN: "−right in every entry",
    How.OVER_N: "right / {N} in every entry",
    How.TIMES_N: "{N} · right in every entry",
    How.FACTOR: "{factor} · right in every entry",
    How.TRANSPOSED: "the transpose of the right one",
    How.EQUAL: "the same number in every entry",
    How.DECAY: "right + {factor} · the parameter itself",
    How.ENTRIES: "{differing} of {entries} differ",
}
"""Of a wrong gradient."""

REASON_WORDS: Mapping[CheckVerdict, str] = {
    CheckVerdict.KINK: "at a kink: try another batch",
    CheckVerdict.CURVATURE: "h is too large",
    CheckVerdict.ROUND_OFF: "within round-off: try a larger h",
}
"""Why nothing could be compared."""

UNKNOWN = "wrong in a way I don't know"

SAMPLED = "{compared} of {entries} entries of {names} were compared, and two directions of each."
NOT_DETERMINISTIC = (
    "the loss is not deterministic: {first} and {second} for the same batch, parameters and seed"
)
NOT_FINITE = "the loss is {value}: there is nothing to compare with"
IN_THE_LOG = (
    "the loss adds a small number inside its log, which gradient() leaves out: accounted for"
)
LAYER_AT_FAULT = "{outputs} of {name}.backward"
OTHERWISE = "gradient() itself: each layer's own backward pass is right"
AMBIGUOUS = "several known mistakes would make these numbers: {keys}"
UPDATE_UNKNOWN = "the update is no plain W − η dW: it is not judged"


def how_words(difference: Difference, samples: int, shape: str) -> str:
    """Return how a gradient is wrong."""
    return HOW_WORDS[difference.how].format(
        shape=shape,
        N=samples,
        factor=f"{difference.factor:.4g}",
        differing=f"{difference.differing:,}",
        entries=f"{difference.entries:,}",
    )


def listed(names: Sequence[str]) -> str:
    """Return names as b1, b2 and b3."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
