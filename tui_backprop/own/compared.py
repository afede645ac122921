"""A parameter's gradient beside its central differences."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.own.central import Moves
from tui_backprop.own.verdict import Verdict
from tui_backprop.walkthrough.judgement import CheckVerdict, Judgement
from tui_backprop.walkthrough.mistakes.difference import Difference


@dataclass(eq=False)
class Parameter:
    """A parameter's gradient as the code made it, and what central differences say of it.

    `made` is in float64 and has the parameter's shape; where the code made one of another shape,
    or none, `fault` says so and `made` is as good as can be had.
    """

    key: str
    param: Array
    made: Array
    moves: Moves
    fault: Difference | None
    judgement: Judgement
    verdict: Verdict

    @property
    def numerical(self) -> Array:
        """The central differences of the entries, without those of directions."""
        return self.judgement.numerical[: self.moves.flat.size]

    @property
    def settled(self) -> npt.NDArray[np.bool_]:
        """Whether each entry's central difference is as good as exact."""
        codes = self.judgement.codes[: self.moves.flat.size]
        unsure = (CheckVerdict.KINK.code, CheckVerdict.CURVATURE.code)
        return ~np.isin(codes, unsure)
