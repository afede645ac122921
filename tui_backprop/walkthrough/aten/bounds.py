"""Whether how an operation was called can be true: a forged file may ask for any amount of work."""

from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.operation import Shape
from tui_backprop.walkthrough.aten.entry import AnyArray

_SETTINGS = (
    *("stride", "padding", "dilation", "size", "counts", "shape"),
    *("start", "step", "count", "groups", "rows", "axes"),
)

_MOST = 32
"""Axes of an array."""

_SPARE = 64
"""What padding, and windows over it, may have beyond the largest axis there is."""


def within_reason(arrays: Mapping[str, AnyArray], made: Shape) -> bool:
    """Return whether an operation with these inputs can have made an array of this shape."""
    given = {symbol: np.atleast_1d(arrays[symbol]) for symbol in _SETTINGS if symbol in arrays}
    sizes = [size for array in arrays.values() for size in array.shape]
    largest = max((*sizes, *made), default=0) + _SPARE
    for symbol, values in given.items():
        if values.ndim != 1 or values.size > _MOST or values.dtype.kind not in "iu":
            return False
        if values.size and not 0 <= int(values.min()) <= int(values.max()) <= largest:
            return False
        if symbol == "shape" and tuple(values) != made:
            return False
        if symbol == "counts" and tuple(values) != made[-2:]:
            return False
        if symbol == "rows" and tuple(values) != made[:1]:
            return False
    return True
