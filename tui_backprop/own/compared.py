"""A parameter's gradient beside its central differences."""

from dataclasses import dataclass, field

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.own.central import Moves
from tui_backprop.own.verdict import Verdict
from tui_backprop.walkthrough.judgement import Judgement
from tui_backprop.walkthrough.mistakes.difference import Difference


@dataclass(eq=False)
class Parameter:
    """A parameter's gradient as the code made it, and what central differences say of it.

    `made` is in float64 and has the parameter's shape; where the code made one of another shape,
    or none, `fault` says so and `made` is as good as can be had. `correction` is what the very
    loss adds to it where it has a number inside its log that gradient() leaves out. `flat` are
    entries whose central differences, `slopes`, are as good as exact; they are found once
    something is wrong.
    """

    key: str
    param: Array
    made: Array
    moves: Moves
    fault: Difference | None
    judgement: Judgement
    verdict: Verdict
    correction: Array | None = None
    flat: Entries = field(default_factory=lambda: np.zeros(0, np.intp))
    slopes: Array = field(default_factory=lambda: np.zeros(0))
