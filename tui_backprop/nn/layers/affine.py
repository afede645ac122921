"""The affine layer: out = x · W + b."""

import math
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries, Layer, MovedColumns
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Shape,
    cell,
    plain,
    product,
)
from tui_backprop.nn.passes import TRAINING, Pass
from tui_backprop.nn.plan import LayerPlan, ParameterPlan


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


def _out(inputs: Inputs) -> Array:
    out: Array = _rows(inputs["x"], inputs["W"]) @ inputs["W"]
    out += inputs["b"]
    return out


def _dx(inputs: Inputs) -> Array:
    dx: Array = inputs["dout"] @ inputs["W"].T
    return dx


def _dW(inputs: Inputs) -> Array:  # noqa: N802 - the book's name
    dW: Array = inputs["x"].reshape(len(inputs["dout"]), -1).T @ inputs["dout"]
    return dW


def _db(inputs: Inputs) -> Array:
    dout = inputs["dout"]
    # 1ᵀ · dout is the sum over the batch, several times faster than NumPy's own by columns.
    db: Array = np.dot(np.ones(len(dout), dout.dtype), dout)
    return db


class Affine(Layer):
    """out = x · W + b, for a batch of samples (book 5.6).

    Args:
        W: weights, shape (inputs, outputs); its dtype is the layer's.
        b: bias, shape (outputs,).

    Samples may come as rows (N, inputs), as images (N, height, width, …), or alone without N.
    """

    FORWARD: ClassVar = (
        Operation("out", "out = x · W + b", ("x", "W", "b"), "{x}·{W} + {b}", _out_terms, _out),
    )
    BACKWARD: ClassVar = (
        Operation("dx", "dx = dout · Wᵀ", ("dout", "W"), "{dout}·{Wᵀ}", _dx_terms, _dx),
        Operation("dW", "dW = xᵀ · dout", ("x", "dout"), "{xᵀ}·{dout}", _dW_terms, _dW),
        Operation("db", "db = Σₙ dout", ("dout",), "Σₙ {dout}", _db_terms, _db),
    )

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W=W, b=b)
        self.W = W
        self.b = b
        self._x_rows = np.zeros((0, W.shape[0]), W.dtype)
        self._x_shape: tuple[int, ...] = (0, W.shape[0])
        self._out = np.zeros((0, b.size), W.dtype)
        self._ones = np.ones(0, W.dtype)

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what an Affine layer of `units` outputs will be; samples are taken as rows."""
        inputs, units = math.prod(sample), int(options["units"])
        weights = ParameterPlan((inputs, units), fan_in=inputs)
        return LayerPlan((units,), {"W": weights, "b": ParameterPlan((units,))}, arrays=3)

    @property
    def dW(self) -> Array:  # noqa: N802 - the book's name
        """The last backward pass's ∂L/∂W."""
        return self.grads["W"]

    @property
    def db(self) -> Array:
        """The last backward pass's ∂L/∂b."""
        return self.grads["b"]

    def forward(self, x: Array, mode: Pass = TRAINING) -> Array:
        """Return x · W + b, shape (N, outputs), or (outputs,) for a sample without N.

        Raises:
            ValueError: a sample of `x` has another number of values than W has rows.
        """
        rows = _rows(x, self.W)
        self._x_rows, self._x_shape = rows, x.shape
        out: Array = rows @ self.W
        out += self.b
        self._out = out
        return out if rows is x or (x.ndim > 1 and len(rows) == len(x)) else out[0]

    def parameter_gradients(self, dout: Array) -> None:
        """Write dW = xᵀ · dout and db = Σₙ dout."""
        dout = dout if dout.ndim == 2 else dout.reshape(-1, self.b.size)
        np.matmul(self._x_rows.T, dout, out=self.grads["W"])
        if len(self._ones) != len(dout):
            self._ones = np.ones(len(dout), self.b.dtype)
        np.dot(self._ones, dout, out=self.grads["b"])

    def backward(self, dout: Array) -> Array:
        """Write dW and db, and return dx = dout · Wᵀ."""
        self.parameter_gradients(dout)
        dout = dout if dout.ndim == 2 else dout.reshape(-1, self.b.size)
        dx: Array = dout @ self.W.T
        return dx if dx.shape == self._x_shape else dx.reshape(self._x_shape)

    def moved_columns(self, symbol: str, entries: Entries, steps: Array) -> MovedColumns:
        """Moving W[i,j] by h moves column j of out by h · x[:,i]; moving b[j], by h."""
        units = entries % self.b.size
        if symbol == "W":
            moves = steps[:, None] * self._x_rows[:, entries // self.b.size].T
        else:
            moves = np.broadcast_to(steps[:, None], (steps.size, len(self._out)))
        base = self._out[:, units].T[:, None, :]
        return MovedColumns(units, base + np.stack([moves, -moves], axis=1))


def _rows(x: Array, W: Array) -> Array:
    """Return `x` as rows of W's dtype, shape (N, inputs)."""
    inputs = W.shape[0]
    if x.ndim != 2 or x.shape[1] != inputs:
        if x.size == inputs:
            x = x.reshape(1, inputs)
        elif x.ndim >= 2 and math.prod(x.shape[1:]) == inputs:
            x = x.reshape(x.shape[0], inputs)
        else:
            raise ValueError(f"input of shape {x.shape} does not fit {inputs} values a sample")
    return x if x.dtype == W.dtype else x.astype(W.dtype)
