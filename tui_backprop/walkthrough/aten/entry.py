"""How a family declares what one operation of PyTorch's makes, and when that declaration holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.operation import Index, Inputs, Operand, Operation, cell

Numbers: TypeAlias = tuple[int, ...]

AnyArray: TypeAlias = npt.NDArray[Any]
"""Of floats in most places, of whole numbers where something is counted or pointed at."""


@dataclass(frozen=True)
class Call:
    """One operation as it was called, without the tensors' own library.

    Args:
        name: as "aten.addmm"; of one that writes in place, the name of the one that does not.
        arguments: what it was given, by its schema's names: arrays, numbers, lists, None; what
            was left out has its default. What it made is result0, result1, ….
        kinds: of arguments that have one: "parameter", "gradient" or "state" of the optimizer.
        transposed: the matrices that were given as the transpose of what is known.
        gradient_of: of a backward pass's the operation, and which of its arguments this makes
            the gradient of.
        updates: whether an optimizer makes it.
    """

    name: str
    arguments: Mapping[str, Any]
    kinds: Mapping[str, str] = field(default_factory=dict)
    transposed: frozenset[str] = frozenset()
    gradient_of: tuple[str, str] | None = None
    updates: bool = False

    def __getitem__(self, argument: str) -> Any:
        return self.arguments.get(argument)

    def kind(self, argument: str) -> str:
        """Return what an argument is of, empty where it is none of the kinds."""
        return self.kinds.get(argument, "")


def always(call: Call) -> bool:
    """Hold for every call."""
    return True


@dataclass(frozen=True)
class Entry:
    """A declaration of one result of an operation, under the key that it is found by for ever.

    Args:
        key: the operation's name, and after another dot which of its results or forms this is.
        operation: what is declared.
        reads: for each symbol the argument that it stands for.
        result: which result it is, or which argument that was written in place.
        when: whether the declaration holds for a call.
        derived: for each symbol that is no argument itself, the number made of them.
        transposed: the symbols that stand for the transpose of their argument.
        of_update: whether it holds of what optimizers make alone.
        flat: whether the result is shown as one row, whatever axes of length 1 it has.
        defaults: for each symbol whose argument may be missing, the number that stands for it.
    """

    key: str
    operation: Operation
    reads: Mapping[str, str]
    result: str = "result0"
    when: Callable[[Call], bool] = always
    derived: Mapping[str, Callable[[Call], Any]] = field(default_factory=dict)
    transposed: frozenset[str] = frozenset()
    of_update: bool = False
    flat: bool = False
    defaults: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the operation that this is one of."""
        return ".".join(self.key.split(".")[:2])


def spread(inputs: Inputs, symbol: str, index: Index) -> Operand:
    """Return the cell of an input that meets a cell of the output, as arrays are broadcast."""
    shape = inputs[symbol].shape
    own = index[len(index) - len(shape) :]
    return cell(
        inputs, symbol, *(0 if size == 1 else i for i, size in zip(own, shape, strict=True))
    )


def spread_index(inputs: Inputs, symbol: str, index: Index) -> Index:
    """Return the index of that cell."""
    return spread(inputs, symbol, index).index


def numbers(inputs: Inputs, symbol: str) -> Numbers:
    """Return an input of whole numbers, as strides and axes are."""
    return tuple(int(value) for value in np.atleast_1d(inputs[symbol]))


def axes_of(call: Call, argument: str = "dim", of: str = "self") -> Numbers:
    """Return the axes that an argument names, counted from 0; all of them where it names none."""
    count = np.ndim(call[of])
    given = call[argument]
    if given is None or (isinstance(given, list | tuple) and not given):
        return tuple(range(count))
    listed = given if isinstance(given, list | tuple) else [given]
    return tuple(sorted(int(axis) % max(1, count) for axis in listed))


def is_asked_for(result: int, call: Call) -> bool:
    """Hold where a backward operation was called for this of its results."""
    return bool(call["output_mask"][result])


def line_through(shape: tuple[int, ...], index: Index, axis: int) -> list[Index]:
    """Return the indices along one axis through a cell, in their order."""
    return [(*index[:axis], k, *index[axis + 1 :]) for k in range(shape[axis])]
