"""What every hidden or output layer of a network offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Operation, Shape, require_operations
from tui_backprop.nn.passes import TRAINING, Pass
from tui_backprop.nn.plan import LayerPlan

Branches = npt.NDArray[Any]
Entries = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a layer's last pass says of its health.

    `share` of its `units`, 0 to 1, are as the word `measure` says. `verdict` is a word where that
    is alarming, empty where it is not.
    """

    units: int
    measure: str
    share: float
    verdict: str = ""


class MovedColumns(NamedTuple):
    """What moving entries of a parameter does to a layer's output: one column of it each.

    `units` (E,) are the columns, of out with its samples taken as rows; `values` (E, 2, N) what
    stands in them when entry e has moved up, and down.
    """

    units: Entries
    values: Array


class Layer:
    """One step of a network: `forward` maps x to out, `backward` maps dout to dx.

    A layer is its operations. FORWARD reads x, the parameters and the state, and ends with out;
    BACKWARD also reads dout and whatever FORWARD made, and makes dx and the gradient of each
    parameter, named d and its symbol. That is all a layer needs: both passes compute them one
    after the other. A subclass that is to be faster makes the passes itself, to the same bits.

    `params` and `grads` hold the layer's own arrays under the book's names (W, b), `state` what
    it keeps from pass to pass. They are allocated once and written in place: whoever holds
    `params["W"]` sees every update, and `grads` is overwritten by the next backward pass. Inputs
    are never written to. `arrays` has what the last pass made, by the operations' symbols.

    Class attributes:
        FORWARD, BACKWARD: the operations of a pass that trains.
        PREDICTION: those of a pass that only predicts, where they are others.
        DRAWN: the symbols of what a pass that trains draws at random.
        RENEWAL: those that make the next state of what a pass that trains has made.
        NAME: what the layer is called in a network, before its number.
        SAMPLEWISE: whether each sample of out depends on the same sample of x alone.
        TAKES_SHIFTS_OFF: whether out stays the same when something is added to a column of x.
        COLUMNWISE: whether each column of out, of all samples, depends on that column of x alone;
            samples of more than one axis are taken as rows.
        TAKES_ROWS: whether each sample has to be a row.

    Raises:
        TypeError: a subclass lacks a declaration of its operations.
    """

    FORWARD: ClassVar[tuple[Operation, ...]]
    BACKWARD: ClassVar[tuple[Operation, ...]]
    PREDICTION: ClassVar[tuple[Operation, ...]] = ()
    DRAWN: ClassVar[tuple[str, ...]] = ()
    RENEWAL: ClassVar[tuple[Operation, ...]] = ()
    NAME: ClassVar[str] = ""
    SAMPLEWISE: ClassVar[bool] = True
    COLUMNWISE: ClassVar[bool] = False
    TAKES_SHIFTS_OFF: ClassVar[bool] = False
    TAKES_ROWS: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_operations(cls, "FORWARD", "BACKWARD")
        if "NAME" not in cls.__dict__:
            cls.NAME = cls.__name__

    def __init__(self, **params: Array) -> None:
        self.params: dict[str, Array] = params
        self.grads = {symbol: np.zeros_like(param) for symbol, param in params.items()}
        self.state: dict[str, Array] = {}
        self.arrays: dict[str, Array] = {}
        self.arguments: dict[str, Any] = {}
        self.place = 0

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a layer for samples of this shape will be; by default one without parameters.

        Raises:
            ValueError: no such layer fits such samples.
        """
        return LayerPlan(sample, arguments=options)

    def around(self, params: Mapping[str, Array]) -> Self:
        """Return a layer that uses these parameters and this layer's state, with its own passes."""
        twin = type(self)(**params, **self.arguments)
        twin.state, twin.place = self.state, self.place
        return twin

    def constants(self) -> dict[str, float]:
        """Return the plain numbers the operations read, by their symbols."""
        return {}

    def drawn(self, x: Array, mode: Pass) -> dict[str, Array]:
        """Return what DRAWN names: a function of the pass and the layer's place alone."""
        return {}

    def forward(self, x: Array, mode: Pass = TRAINING) -> Array:
        """Return the layer's output for `x`, and keep what `backward` will need."""
        arrays = {"x": x, **self.params, **self.state, **scalars(self.constants())}
        operations = self.FORWARD
        if mode.training:
            arrays |= self.drawn(x, mode)
        else:
            operations = self.PREDICTION or self.FORWARD
        for operation in operations:
            arrays[operation.output] = operation.compute(arrays)
        self.arrays = arrays
        return arrays["out"]

    def backward(self, dout: Array) -> Array:
        """Write the parameters' gradients into `grads` and return ∂L/∂x."""
        self._run_backward(dout)
        return self.arrays["dx"]

    def parameter_gradients(self, dout: Array) -> None:
        """Write ∂L/∂param into `grads`, given dout = ∂L/∂out; ∂L/∂x, which nobody needs, is not."""
        self._run_backward(dout, leave_out="dx")

    def _run_backward(self, dout: Array, leave_out: str = "") -> None:
        arrays = self.arrays
        arrays["dout"] = dout
        for operation in self.BACKWARD:
            if operation.output == leave_out:
                continue
            made = operation.compute(arrays)
            arrays[operation.output] = made
            grad = self.grads.get(operation.output.removeprefix("d"))
            if grad is not None:
                grad[...] = made

    def renewed_state(self) -> dict[str, Array]:
        """Return the state as the last pass, which trained, would have it next."""
        return {operation.output: operation.compute(self.arrays) for operation in self.RENEWAL}

    def write_grads_to(self, arrays: Mapping[str, Array]) -> None:
        """Write gradients into these arrays from now on; names and shapes are the parameters'."""
        self.grads = dict(arrays)

    def branches(self, x: Array) -> Branches | None:
        """Return which straight or smooth piece of the layer's function each entry falls into.

        None where it has one piece alone. Two inputs with other branches have a kink between them.
        """
        return None

    def diagnose(self) -> Diagnosis | None:
        """Return what the last pass says of the layer's health, if it says anything."""
        return None

    def forward_batches(self, x: Array) -> Array:
        """Return the outputs of many batches, shape (B, N, …), each as the last pass would make it.

        Nothing is kept of it. A layer that draws or that mixes samples says how by itself.
        """
        twin = self.around(self.params)
        if self.SAMPLEWISE:
            out = twin.forward(x.reshape(-1, *x.shape[2:]))
            return out.reshape(*x.shape[:2], *out.shape[1:])
        return np.stack([twin.forward(batch) for batch in x])

    def forward_columns(self, columns: Array, units: Entries) -> Array:
        """Return what a COLUMNWISE layer makes of `columns` (E, 2, N) in the places of x[:,units].

        By default that of a function of each entry.
        """
        return self.around(self.params).forward(columns)

    def moved_columns(self, symbol: str, entries: Entries, steps: Array) -> MovedColumns | None:
        """Return the columns of out that moving single entries of a parameter by ± steps changes.

        None where they may change more than a column, or nobody has said how.

        Args:
            symbol: the parameter's.
            entries: indices into the flattened parameter, shape (E,).
            steps: how far each moves, shape (E,).
        """
        return None


def columns_of(array: Array, units: Entries) -> Array:
    """Return columns of an array (N, …), samples taken as rows: shape (E, N)."""
    columns: Array = array.reshape(len(array), -1)[:, units].T
    return columns


def scalars(numbers: Mapping[str, float]) -> dict[str, Array]:
    """Return plain numbers as operations read them: arrays of shape (), in float64."""
    return {symbol: np.array(number, np.float64) for symbol, number in numbers.items()}
