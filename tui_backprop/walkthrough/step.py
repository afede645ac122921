"""One operation on the tape, and the arrays it reads and makes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.operation import Index, Operation, Shape, shape_text
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.summary import ArraySummary, summarize
from tui_backprop.walkthrough.undeclared import Undeclared
from tui_backprop.walkthrough.view import View

Numbers: TypeAlias = npt.NDArray[Any]
"""Floats in most places; integers or booleans as token ids and masks are."""


class Phase(Enum):
    """The four parts of an iteration, in their order."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Origin(Enum):
    """Where an array on the tape comes from."""

    STEP = "a step"
    MINIBATCH = "the minibatch"
    PARAMETER = "a parameter"
    STATE = "state, kept from iteration to iteration"
    DRAWN = "drawn at random for this pass"
    CONSTANT = "a hyperparameter"
    SETTING = "how the operation was called"
    AFTER_UPDATE = "a second forward pass, with the updated parameters"


@dataclass(frozen=True, eq=False)
class NamedArray:
    """An array on the tape, read-only, in the training dtype; a loss and constants in float64.

    `symbol` is its name in the operation's formula (x, dout, W); `label` its name in the network
    (Relu1.out, dy, W2). `step` is the number of the step that made it, None for a leaf.
    Losses and constants have shape (). `left_out` is what is kept of an array whose numbers are
    not: `array` tells no more than its shape and type then. `view` says where the cells stood in
    the array that `step` made, where that is elsewhere.
    """

    symbol: str
    label: str
    array: Numbers
    origin: Origin
    step: int | None = None
    left_out: ArraySummary | None = None
    view: View | None = None

    def __post_init__(self) -> None:
        self.array.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpickled arrays are writable: they have to come through __post_init__ again.
        names = self.symbol, self.label
        if self.left_out is None:
            return NamedArray, (*names, self.array, self.origin, self.step, None, self.view)
        shape, dtype = self.array.shape, self.array.dtype
        kept = self.origin, self.step, self.left_out, self.view
        return without_numbers, (*names, shape, dtype, *kept)

    def source(self, index: Index) -> Index:
        """Return where a cell of it stood in the array that `step` made."""
        return index if self.view is None else self.view.source(index)

    @property
    def missing(self) -> str:
        """Why there is no number to be shown, as "left out: (1000,4096), 16 MB"; "" if there is."""
        shape = shape_text(self.array.shape)
        if self.left_out is not None:
            return f"left out: {shape}, {bytes_text(self.array.size * self.array.itemsize)}"
        return "" if self.array.size else f"empty: {shape}"

    @property
    def summary(self) -> ArraySummary:
        """The array in a few numbers, also where they are all that is kept of it.

        Raises:
            ValueError: the array is empty.
        """
        return self.left_out or summarize(self.array)


def without_numbers(
    symbol: str,
    label: str,
    shape: Shape,
    dtype: np.dtype[Any],
    origin: Origin,
    step: int | None,
    kept: ArraySummary,
    view: View | None = None,
) -> NamedArray:
    """Return an array of which a summary is kept instead of its numbers."""
    # One number that stands for all takes no memory, and as nan can be taken for none of them.
    one = np.full((), np.nan if dtype.kind == "f" else 0, dtype)
    return NamedArray(symbol, label, np.broadcast_to(one, shape), origin, step, kept, view)


def bytes_text(count: int) -> str:
    """Return a number of bytes as 640 B, 12 kB or 16 MB."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.0f} {unit}"
    return f"{count} B"


@dataclass(frozen=True, eq=False)
class Step:
    """One operation on the tape; `number` counts from 1.

    `layer` is Affine1, Relu1, …, the loss's or the optimizer's name; `title` says which
    pass of it this is. `formula` is the operation's, with the parameter's own name in an update;
    `names` has how its terms call what the operation has another symbol for. `samplewise` says
    whether each sample of its layer's out depends on the same sample of x alone.
    """

    number: int
    phase: Phase
    layer: str
    title: str
    formula: str
    operation: Operation | Undeclared
    inputs: tuple[NamedArray, ...]
    output: NamedArray
    names: Mapping[str, str] = field(default_factory=dict)
    samplewise: bool = True

    @property
    def shapes(self) -> str:
        """The formula in shapes, as "(50,100)·(100,10) → (50,10)"."""
        shapes = {named.symbol: named.array.shape for named in self.inputs}
        return self.operation.shapes_text(shapes, self.output.array.shape)

    @property
    def declared(self) -> Operation | None:
        """The operation, if its derivation is declared and all of its arrays are there."""
        if isinstance(self.operation, Undeclared):
            return None
        return None if any(n.missing for n in (*self.inputs, self.output)) else self.operation

    @property
    def arrays(self) -> dict[str, Numbers]:
        """The inputs' arrays by their symbols."""
        return {named.symbol: named.array for named in self.inputs}

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of float that the result was rounded to, whatever it is kept in.

        Where arrays of several types meet, and what is on the way is not known, the coarsest one.
        A lone number, as a loss, may be kept in float64: it was computed in its operands' type.
        """
        arrays = [named.array for named in (*self.inputs, self.output)]
        floats = [array.dtype for array in arrays if array.ndim and array.dtype.kind == "f"]
        if not floats and self.output.array.dtype.kind == "f":
            floats = [self.output.array.dtype]
        return max(floats, key=lambda dtype: np.finfo(dtype).eps, default=np.dtype(np.float64))

    @property
    def operands(self) -> tuple[NamedArray, ...]:
        """The inputs that numbers are made of: all but how the operation was called."""
        return tuple(named for named in self.inputs if named.origin is not Origin.SETTING)

    @property
    def is_of_decay(self) -> bool:
        """Whether this is a step of weight decay, which no sample has a share in."""
        return self.layer == WeightDecay.NAME

    @property
    def data_gradient(self) -> int | None:
        """The step that made the data's part of a gradient, if this one adds the decay to it."""
        named = self.input("dW") if self.is_of_decay else None
        return None if named is None else named.step

    @property
    def unnamed(self) -> tuple[NamedArray, ...]:
        """The constants that the formula does not name: a window's sizes, its stride."""
        return tuple(
            named
            for named in self.inputs
            if named.origin is Origin.CONSTANT
            and not named.array.ndim
            and not re.search(rf"(?<!\w){re.escape(named.symbol)}(?!\w)", self.formula)
        )

    def input(self, symbol: str) -> NamedArray | None:
        """Return the input of that symbol, or None where it has no array (the N of a mean)."""
        return next((named for named in self.inputs if named.symbol == symbol), None)
