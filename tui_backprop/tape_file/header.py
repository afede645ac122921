"""What a tape's header says of its arrays, of those that were left out too."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tui_backprop.nn.operation import Shape
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.tape_file.format import DTYPES, MAX_ARRAYS, MAX_AXES, MAX_STEPS
from tui_backprop.walkthrough.step import Numbers, without_numbers
from tui_backprop.walkthrough.summary import ArraySummary
from tui_backprop.walkthrough.tape import Origin

_MOST_CELLS = 2**50


@dataclass(frozen=True, slots=True)
class Entry:
    """An array as the header has it; `left_out` is what is known of one whose numbers are not."""

    shape: Shape
    dtype: np.dtype[Any]
    left_out: ArraySummary | None

    @property
    def stand_in(self) -> Numbers:
        """What stands for the numbers of an array that was left out."""
        assert self.left_out is not None
        leaf = without_numbers("", "", self.shape, self.dtype, Origin.STEP, None, self.left_out)
        return leaf.array


Entries: TypeAlias = list[Entry]


def read_entries(header: PlainValues) -> Entries:
    """Return the arrays that the header lists.

    Raises:
        StateError: by a value that is none.
    """
    return [_entry(values) for values in header.tables("arrays", MAX_STEPS + MAX_ARRAYS)]


def read_shape(values: PlainValues, name: str) -> Shape:
    """Return a list of whole numbers as a shape, or as an index.

    Raises:
        StateError: it is none.
    """
    sizes = values.items(name, MAX_AXES)
    if not all(type(size) is int and 0 <= size <= _MOST_CELLS for size in sizes):
        raise StateError(f"{name} is no list of sizes")
    return tuple(sizes)


def _entry(values: PlainValues) -> Entry:
    shape, name = read_shape(values, "shape"), values.text("dtype", 10)
    cells = 1
    for size in shape:
        cells *= max(1, size)
    if cells > _MOST_CELLS:
        raise StateError(f"an array of shape {shape} is too large")
    if name not in DTYPES:
        raise StateError(f"dtype is {name}, expected one of {', '.join(DTYPES)}")
    summary = None
    if values.has("left_out"):
        known = values.table("left_out")
        summary = ArraySummary(
            shape,
            known.any_number("minimum"),
            known.any_number("maximum"),
            known.any_number("mean"),
            known.any_number("norm"),
            known.any_number("zero_share"),
            known.integer("non_finite", 0, _MOST_CELLS),
        )
    return Entry(shape, DTYPES[name], summary)
