"""The affine layer: out = x · W + b."""

import math
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    cell,
    plain,
    product,
)


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, j = index
    products = (
        product(cell(inputs, "x", n, i), cell(inputs, "W", i, j))
        for i in range(inputs["W"].shape[0])
    )
    return Derivation((*products, plain(cell(inputs, "b", j))))


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    n, i = index
    return Derivation(
        tuple(
            product(cell(inputs, "dout", n, j), cell(inputs, "W", i, j))
            for j in range(inputs["W"].shape[1])
        )
    )


def _dW_terms(inputs: Inputs, index: Index) -> Derivation:  # noqa: N802 - the book's name
    i, j = index
    return Derivation(
        tuple(
            product(cell(inputs, "x", n, i), cell(inputs, "dout", n, j))
            for n in range(inputs["x"].shape[0])
        )
    )


def _db_terms(inputs: Inputs, index: Index) -> Derivation:
    (j,) = index
    rows = range(inputs["dout"].shape[0])
    return Derivation(tuple(plain(cell(inputs, "dout", n, j)) for n in rows))


class Affine(Layer):
    """out = x · W + b, for a batch of samples (book 5.6).

    Args:
        W: weights, shape (inputs, outputs); its dtype is the layer's.
        b: bias, shape (outputs,).

    Samples may come as rows (N, inputs), as images (N, height, width, …), or alone without N.
    """

    FORWARD: ClassVar = (
        Operation("out", "out = x · W + b", ("x", "W", "b"), "{x}·{W} + {b}", _out_terms),
    )
    BACKWARD: ClassVar = (
        Operation("dx", "dx = dout · Wᵀ", ("dout", "W"), "{dout}·{Wᵀ}", _dx_terms),
        Operation("dW", "dW = xᵀ · dout", ("x", "dout"), "{xᵀ}·{dout}", _dW_terms),
        Operation("db", "db = Σₙ dout", ("dout",), "Σₙ {dout}", _db_terms),
    )

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__()
        self.W = W
        self.b = b
        self.params = {"W": W, "b": b}
        self.grads = {"W": np.zeros_like(W), "b": np.zeros_like(b)}
        self._x_rows = np.zeros((0, W.shape[0]), W.dtype)
        self._x_shape: tuple[int, ...] = (0, W.shape[0])
        self._ones = np.ones(0, W.dtype)

    @property
    def dW(self) -> Array:  # noqa: N802 - the book's name
        """The last backward pass's ∂L/∂W."""
        return self.grads["W"]

    @property
    def db(self) -> Array:
        """The last backward pass's ∂L/∂b."""
        return self.grads["b"]

    def forward(self, x: Array) -> Array:
        """Return x · W + b, shape (N, outputs), or (outputs,) for a sample without N.

        Raises:
            ValueError: a sample of `x` has another number of values than W has rows.
        """
        rows = self._rows(x)
        self._x_rows, self._x_shape = rows, x.shape
        out: Array = rows @ self.W
        out += self.b
        return out[0] if rows.shape[:1] != x.shape[:1] or x.ndim == 1 else out

    def parameter_gradients(self, dout: Array) -> None:
        """Write dW = xᵀ · dout and db = Σₙ dout."""
        dout = dout.reshape(-1, self.b.size)
        np.matmul(self._x_rows.T, dout, out=self.grads["W"])
        if self._ones.size != dout.shape[0]:
            self._ones = np.ones(dout.shape[0], dout.dtype)
        # 1ᵀ · dout is the sum over the batch, several times faster than NumPy's own by columns.
        np.dot(self._ones, dout, out=self.grads["b"])

    def input_gradient(self, dout: Array) -> Array:
        """Return dx = dout · Wᵀ."""
        dx: Array = dout.reshape(-1, self.b.size) @ self.W.T
        return dx.reshape(self._x_shape)

    def _rows(self, x: Array) -> Array:
        """Return `x` as rows of this layer's dtype, shape (N, inputs)."""
        inputs = self.W.shape[0]
        if x.ndim != 2 or x.shape[1] != inputs:
            if x.size == inputs:
                x = x.reshape(1, inputs)
            elif x.ndim >= 2 and math.prod(x.shape[1:]) == inputs:
                x = x.reshape(x.shape[0], inputs)
            else:
                raise ValueError(f"input of shape {x.shape} does not fit {inputs} values a sample")
        return x if x.dtype == self.W.dtype else x.astype(self.W.dtype)
