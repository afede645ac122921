"""Which plane of an array a matrix shows: its rows and columns; of pictures, one of them."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, Shape
from tui_backprop.walkthrough.step import Numbers

Place = tuple[int, int]
"""A row and a column."""

CHANNEL, PICTURE = -3, -4
"""The axes before rows and columns: a picture's channels; samples, or filters."""


@dataclass(frozen=True)
class Plane:
    """The last two axes of an array, at one place of each axis before them: `leading`.

    Args:
        shape: the array's.
        leading: empty where the array has no more than two axes.
        upright: whether a vector stands in a column; it lies in a row otherwise.
    """

    shape: Shape
    leading: Index
    upright: bool

    @classmethod
    def of(cls, index: Index, shape: Shape, *, upright: bool) -> "Plane":
        """Return the plane that a cell is in."""
        return cls(shape, index[:-2], upright)

    @cached_property
    def size(self) -> Place:
        """How many rows and columns there are."""
        if len(self.shape) >= 2:
            return self.shape[-2], self.shape[-1]
        count = math.prod(self.shape)
        return (count, 1) if self.upright else (1, count)

    def rows(self, array: Numbers) -> Array:
        """Return the plane's part of the array, as rows."""
        rows: Array = array[self.leading].reshape(self.size)
        if rows.dtype.kind != "f":
            # Token ids and masks: their signs can be turned, and larger ones told from smaller.
            rows = rows.astype(np.float64)
        return rows

    def place(self, index: Index) -> Place:
        """Return where in the plane a cell of it stands."""
        row, column = (0, 0, *index)[-2:]
        return (column, row) if self.upright and len(index) == 1 else (row, column)

    def index(self, place: Place) -> Index:
        """Return the cell that stands at a place."""
        row, column = place
        if len(self.shape) < 2:
            return (row if self.upright else column,) if self.shape else ()
        return (*self.leading, row, column)

    def moved(self, index: Index, axis: int, change: int) -> Index:
        """Return a cell so many planes on along an axis before the last two, round and round."""
        place = list(index)
        place[axis] = (place[axis] + change) % self.shape[axis]
        return tuple(place)

    def name(self, *, by_sample: bool) -> str:
        """Return which one it is, as "sample 3, channel 0"; nothing where there is one alone."""
        kinds = ("sample" if by_sample else "filter", "channel")[-len(self.leading) or 2 :]
        return ", ".join(
            f"{kind} {place}" for kind, place in zip(kinds, self.leading, strict=False)
        )
