"""What steps are appended to while an iteration is recorded."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.nn.operation import Operation
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Step

Known = dict[str, NamedArray]
"""Arrays by the symbols that operations read them by."""


class Recorder:
    """The steps of a tape to be."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def append(
        self,
        phase: Phase,
        layer: str,
        title: str,
        operation: Operation,
        known: Mapping[str, NamedArray],
        label: str,
        output: Array,
        *,
        formula: str | None = None,
        names: Mapping[str, str] | None = None,
        samplewise: bool = True,
    ) -> NamedArray:
        """Append the step that made `output`, of which it keeps a copy, and return that."""
        number = len(self.steps) + 1
        inputs = tuple(replace(known[symbol], symbol=symbol) for symbol in operation.inputs)
        made = NamedArray(operation.output, label, copied(output), Origin.STEP, number)
        formula = formula or operation.formula
        kept = number, phase, layer, title, formula, operation, inputs, made
        self.steps.append(Step(*kept, names or {}, samplewise))
        return made


def constants(numbers: Mapping[str, float]) -> Known:
    """Return hyperparameters as operations read them."""
    return {
        symbol: NamedArray(symbol, symbol, number, Origin.CONSTANT)
        for symbol, number in scalars(numbers).items()
    }


def copied(array: Array) -> Array:
    """Return a copy that lies in memory as `array` does: sums over it round the same."""
    return array.copy(order="K")


def arrays_of(known: Mapping[str, NamedArray], operation: Operation) -> dict[str, Array]:
    """Return the arrays that an operation reads."""
    return {symbol: np.asarray(known[symbol].array) for symbol in operation.inputs}
