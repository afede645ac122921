"""What steps are appended to while an iteration is recorded."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.nn.operation import Operation
from tui_backprop.printable import printable
from tui_backprop.walkthrough.step import Numbers, without_numbers
from tui_backprop.walkthrough.summary import summarize
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Step
from tui_backprop.walkthrough.undeclared import Undeclared

Known = dict[str, NamedArray]
"""Arrays by the symbols that operations read them by."""


_MOST_BYTES = 8
"""Of one number: that of 80 bits which some systems have is none that a file could hold."""


class Recorder:
    """The steps of a tape to be.

    Whoever has an iteration of other code to show makes its leaves with `leaf`, calls `append` for
    each operation in the order of its being done, and makes `Tape(tuple(recorder.steps), …)` of
    it. What no derivation is declared for is an `Undeclared` operation, with any symbols for what
    it reads, any number of them:

        x = recorder.leaf("x", "x", batch, Origin.MINIBATCH)
        operation = Undeclared("aten.gelu", ("x",))
        out = recorder.append(
            Phase.FORWARD, "mlp.act", "mlp.act.forward", operation, {"x": x}, "mlp.act.out", array
        )

    Args:
        max_bytes: of an array that keeps its numbers; of larger ones a summary is kept.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self.steps: list[Step] = []
        self._max_bytes = max_bytes

    def append(
        self,
        phase: Phase,
        layer: str,
        title: str,
        operation: Operation | Undeclared,
        known: Mapping[str, NamedArray],
        label: str,
        output: Numbers,
        *,
        formula: str | None = None,
        names: Mapping[str, str] | None = None,
        samplewise: bool = True,
    ) -> NamedArray:
        """Append the step that made `output`, of which it keeps a copy, and return that.

        Args:
            phase: of the iteration.
            layer: or optimizer, or module; steps of one stand together on the screen.
            title: of the step, as "Affine1.forward".
            operation: what was done.
            known: the arrays by the symbols that the operation reads them by; more may be there.
            label: what the result is called in the net; that of no other array. "d" and the label
                of a parameter for its gradient, that label and "′" for its new value.
            output: the result, of any shape; real numbers, or booleans.
            formula: in the place of the operation's own.
            names: what the formula calls an input that the operation has another symbol for.
            samplewise: whether each sample of the layer's out depends on that sample of x alone.

        Raises:
            ValueError: `output` is not of real numbers.
        """
        number = len(self.steps) + 1
        inputs = tuple(replace(known[symbol], symbol=symbol) for symbol in operation.inputs)
        layer, title = printable(layer), printable(title)
        made = self._named(operation.output, label, output, Origin.STEP, number)
        formula = printable(formula or operation.formula)
        kept = number, phase, layer, title, formula, operation, inputs, made
        self.steps.append(Step(*kept, names or {}, samplewise))
        return made

    def leaf(self, symbol: str, label: str, array: Numbers, origin: Origin) -> NamedArray:
        """Return an array that no step made; of what is kept of it this has a copy.

        Raises:
            ValueError: it is not of real numbers.
        """
        return self._named(symbol, label, array, origin, None)

    def _named(
        self, symbol: str, label: str, array: Numbers, origin: Origin, step: int | None
    ) -> NamedArray:
        label = printable(label)
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > _MOST_BYTES:
            raise ValueError(f"{label} is of {array.dtype}: a tape holds real numbers of 64 bits")
        if self._max_bytes is None or not array.size or array.nbytes <= self._max_bytes:
            return NamedArray(symbol, label, copied(array), origin, step)
        about = array.shape, array.dtype
        return without_numbers(symbol, label, *about, origin, step, summarize(array))


def constants(numbers: Mapping[str, float]) -> Known:
    """Return hyperparameters as operations read them."""
    return {
        symbol: NamedArray(symbol, symbol, number, Origin.CONSTANT)
        for symbol, number in scalars(numbers).items()
    }


def copied(array: Numbers) -> Numbers:
    """Return a copy that lies in memory as `array` does: sums over it round the same."""
    return array.copy(order="K")


def arrays_of(known: Mapping[str, NamedArray], operation: Operation) -> dict[str, Array]:
    """Return the arrays that an operation reads."""
    return {symbol: np.asarray(known[symbol].array) for symbol in operation.inputs}
