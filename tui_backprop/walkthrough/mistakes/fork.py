"""The fork: where one parameter is used in several places, their gradients add up."""

from collections.abc import Sequence
from typing import ClassVar

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Operation
from tui_backprop.walkthrough.uses import sum_of_uses


class Fork:
    """dW = the sum of what each use of W makes; the inputs are d1, d2, … in forward's order."""

    NAME: ClassVar = "Fork"

    @staticmethod
    def sum_of(uses: Sequence[Array]) -> Operation:
        """Return the operation for this many uses."""
        return sum_of_uses([f"d{place + 1}" for place in range(len(uses))])
