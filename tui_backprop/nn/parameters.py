"""Arrays by name that lie one after the other in a single vector."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from tui_backprop.nn.arrays import Array


class Parameters(dict[str, Array]):
    """The parameters of a net, or as many gradients or updates, by the book's names.

    Each value is a view into `vector`. What treats every number alike, such as an update, a copy
    or a check, does so on the vector in one call however many layers there are. Write into the
    arrays; one put in another's place would not be in the vector.
    """

    vector: Array

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        dtype = np.result_type(*arrays.values()) if arrays else np.float64
        self.vector = np.empty(sum(array.size for array in arrays.values()), dtype)
        super().__init__()
        start = 0
        for key, array in arrays.items():
            self[key] = self.vector[start : start + array.size].reshape(array.shape)
            self[key][...] = array
            start += array.size

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> "Parameters":
        """Return `arrays` itself if it is of this kind, else a copy that is."""
        return arrays if isinstance(arrays, Parameters) else cls(arrays)

    def zeros(self) -> Self:
        """Return zeros of the same names, shapes and type."""
        made = type(self)(self)
        made.vector.fill(0)
        return made

    def copy(self) -> Self:
        """Return the same names with a vector of their own."""
        return type(self)(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # copy.deepcopy and pickle would give vector and values memory of their own each.
        return type(self), (dict(self),)
