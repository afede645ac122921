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
from tui_backprop.nn.words import About, Words, counted, number


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


def _why_out(about: About) -> Words:
    n, j = about.index
    products = about.array("x").reshape(-1, len(about.inputs["W"]))[n] * about.array("W")[:, j]
    largest = int(np.abs(products).argmax())
    parts = (
        f"all {counted(products.size, 'product')} are 0, so that only {about.at('b', j)} is left"
        if not products.any()
        else f"of {counted(products.size, 'product')} the largest is x[{n},{largest}] · "
        f"W[{largest},{j}] = {number(products[largest])}; {about.at('b', j)} is added"
    )
    short = (
        f"What sample {n} gives {about.column_of_out(j)}: row {n} of x meets column {j} of W; "
        f"{parts}. {about.cell} = {number(about.value)}."
    )
    return Words(
        short,
        "A row of x is a sample, a column of W holds the weights into one unit. So x · W lets "
        "every sample meet every unit, and none another sample; b is added to each sample alike.",
    )


def _why_dx(about: About) -> Words:
    n, i = about.index
    weights, dout = about.array("W")[i], about.array("dout")[n]
    largest = int(np.abs(weights * dout).argmax())
    of_x = about.name("x", n, i)
    whence = about.column_of_x(i)
    short = (
        f"∂loss/∂{of_x}: {whence} went by {counted(weights.size, 'weight')} into this layer's "
        f"outputs, and by the same weights the gradient comes back. The largest of the products is "
        f"dout[{n},{largest}] · W[{i},{largest}] = {number(weights[largest] * dout[largest])}. "
        f"Summed: {about.of_raising(of_x)}."
    )
    return Words(
        short,
        "By the chain rule ∂loss/∂x is the sum over all outputs k of ∂loss/∂out[k] · ∂out[k]/∂x, "
        "and ∂out[k]/∂x is the weight between the two. Forward the sum ran down a column of W, "
        "backward it runs along a row: that is all that the transpose in Wᵀ does.",
    )


def _why_dW(about: About) -> Words:  # noqa: N802 - the book's name
    i, j = about.index
    samples = len(about.inputs["dout"])
    x, dout = about.array("x").reshape(samples, -1)[:, i], about.array("dout")[:, j]
    products = x * dout
    short = (
        f"{about.parameter} joins {about.column_of_x(i)} to {about.column_of_out(j)}. "
        f"x[n,{i}] was not 0 in {(x != 0).sum():,} of {counted(samples, 'sample')}; "
        f"dout[n,{j}] there: {about.signs_of_dout(dout[x != 0], j)}. Multiplied and summed: "
        f"{about.of_raising(about.parameter)}."
    )
    return Words(
        short,
        f"∂loss/∂{about.parameter}, by the chain rule: ∂out[n,{j}]/∂{about.parameter} is x[n,{i}], "
        "and as all samples use the same weight, theirs are summed over n. The transpose makes "
        "that sum: a row of xᵀ is x's column, all the samples; in x · dout a row of x, one sample, "
        f"would meet all of them. {_what_flips_dW(about, products)}",
    )


def _what_flips_dW(about: About, products: Array) -> str:  # noqa: N802 - the book's name
    i, j = about.index
    if not products.any():
        return "All products are 0: where no x or no dout is left, a weight learns nothing."
    positive, negative = products[products > 0].sum(), products[products < 0].sum()
    n = int(np.abs(products).argmax())
    weaker = "positive" if positive < -negative else "negative"
    return (
        f"Positive products come to {number(positive)}, negative to {number(negative)}: the sign "
        f"flips when the {weaker} outweigh, as when x[{n},{i}] or dout[{n},{j}] shrinks."
    )


def _why_db(about: About) -> Words:
    (j,) = about.index
    dout = about.array("dout")[:, j]
    short = (
        f"{about.parameter} is added to {about.column_of_out(j)} of every sample, so each has its "
        f"say: dout[n,{j}] of {counted(dout.size, 'sample')} is {about.signs_of_dout(dout, j)}. "
        f"Summed: {about.of_raising(about.parameter)}."
    )
    return Words(
        short,
        f"∂loss/∂{about.parameter}, by the chain rule: ∂out[n,{j}]/∂{about.parameter} is 1 for "
        "each sample n, so that nothing is left but the sum of dout over the samples. It is no "
        "mean: the mean's 1/N is already in dout, from the loss on.",
    )


class Affine(Layer):
    """out = x · W + b, for a batch of samples (book 5.6).

    Args:
        W: weights, shape (inputs, outputs); its dtype is the layer's.
        b: bias, shape (outputs,).

    Samples may come as rows (N, inputs), as images (N, height, width, …), or alone without N.
    """

    FORWARD: ClassVar = (
        Operation(
            "out", "out = x · W + b", ("x", "W", "b"), "{x}·{W} + {b}", _out_terms, _out, _why_out
        ),
    )
    BACKWARD: ClassVar = (
        Operation("dx", "dx = dout · Wᵀ", ("dout", "W"), "{dout}·{Wᵀ}", _dx_terms, _dx, _why_dx),
        Operation("dW", "dW = xᵀ · dout", ("x", "dout"), "{xᵀ}·{dout}", _dW_terms, _dW, _why_dW),
        Operation("db", "db = Σₙ dout", ("dout",), "Σₙ {dout}", _db_terms, _db, _why_db),
    )

    TAKES_ROWS: ClassVar = True

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
