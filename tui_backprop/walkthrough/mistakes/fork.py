"""The fork: where one parameter is used in several places, their gradients add up."""

from collections.abc import Sequence
from typing import ClassVar

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Inputs, Operation, sum_of_all
from tui_backprop.nn.words import About, Words, number


def _sum(inputs: Inputs) -> Array:
    first, *others = inputs.values()
    total = first.copy()
    for other in others:
        total = total + other
    return total


def _why(about: About) -> Words:
    return Words(
        f"{about.parameter} is used more than once, and each use has its say: "
        f"{number(about.value)} is the sum.",
        "The chain rule adds up all the ways on which a value reaches the loss.",
    )


class Fork:
    """dW = the sum of what each use of W makes; the inputs are d1, d2, … in forward's order."""

    NAME: ClassVar = "Fork"

    @staticmethod
    def sum_of(uses: Sequence[Array]) -> Operation:
        """Return the operation for this many uses."""
        symbols = tuple(f"d{place + 1}" for place in range(len(uses)))
        shapes = " + ".join(f"{{{symbol}}}" for symbol in symbols)
        formula = f"dW = {' + '.join(symbols)}"
        return Operation("dW", formula, symbols, shapes, sum_of_all, _sum, _why)
