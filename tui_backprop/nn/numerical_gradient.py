"""The derivative and the gradient of any function by central differences (book 4.3 and 4.4)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array


def numerical_diff(f: Callable[[Any], Any], x: Any, h: float = 1e-4) -> Any:
    """Return (f(x + h) - f(x - h)) / 2h, the derivative of f at a number `x` (book 4.3.1)."""
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient(f: Callable[[Any], float], x: npt.NDArray[Any], h: float = 1e-4) -> Array:
    """Return (f(x + h) - f(x - h)) / 2h for each entry of `x`, of x's shape.

    `f` is called with `x` itself, one entry moved at a time, so it may also read `x` from
    elsewhere (the weights of a network, say). Each entry is put back to the bit, even when
    `f` raises. Integers cannot hold x ± h: an integer `x` is copied to float64 first.
    """
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        value = x[index]
        try:
            x[index] = value + h
            above = float(f(x))
            x[index] = value - h
            below = float(f(x))
        finally:
            x[index] = value
        gradient[index] = (above - below) / (2 * h)
    return gradient
