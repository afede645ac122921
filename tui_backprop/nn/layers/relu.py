"""The rectified linear unit: out = max(x, 0)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Layer


class Relu(Layer):
    """out = x where x > 0, else 0, for an input of any shape (book 5.5).

    `active` tells of the last forward pass where x was above 0: where gradients flow back.
    """

    active: npt.NDArray[np.bool_]

    def __init__(self) -> None:
        super().__init__()
        self.active = np.zeros((0, 0), np.bool_)

    def forward(self, x: Array) -> Array:
        """Return max(x, 0)."""
        self.active = x > 0
        out: npt.NDArray[Any] = np.maximum(x, 0)
        return out

    def input_gradient(self, dout: Array) -> Array:
        """Return dout where x was above 0, else 0. `dout` itself stays as it is."""
        dx: Array = dout * self.active
        return dx
