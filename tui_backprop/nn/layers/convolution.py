"""The convolution: each output is a window of the picture times a filter, summed."""

import math
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.windows import (
    add_windows,
    as_picture,
    covering,
    padded,
    window_counts,
    windows_of,
)
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Shape,
    Term,
    cell,
    plain,
    product,
)
from tui_backprop.nn.passes import TRAINING, Pass
from tui_backprop.nn.plan import LayerPlan, ParameterPlan
from tui_backprop.nn.words import About, Words, counted, number, signs


def _stride_and_pad(inputs: Inputs) -> tuple[int, int]:
    return int(inputs["s"]), int(inputs["p"])


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, f, i, j = index
    stride, pad = _stride_and_pad(inputs)
    height, width = inputs["x"].shape[2:]
    terms: list[Term] = []
    for c, u, v in np.ndindex(*inputs["W"].shape[1:]):
        y, z = i * stride + u - pad, j * stride + v - pad
        if 0 <= y < height and 0 <= z < width:
            terms.append(product(cell(inputs, "x", n, c, y, z), cell(inputs, "W", f, c, u, v)))
    return Derivation((*terms, plain(cell(inputs, "b", f))))


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    n, c, y, z = index
    stride, pad = _stride_and_pad(inputs)
    filters, _, h, w = inputs["W"].shape
    rows, columns = inputs["dout"].shape[2:]
    return Derivation(
        tuple(
            product(cell(inputs, "dout", n, f, i, j), cell(inputs, "W", f, c, u, v))
            for f in range(filters)
            for i, u in covering(y + pad, h, stride, rows)
            for j, v in covering(z + pad, w, stride, columns)
        )
    )


def _dW_terms(inputs: Inputs, index: Index) -> Derivation:  # noqa: N802 - the book's name
    f, c, u, v = index
    stride, pad = _stride_and_pad(inputs)
    samples, _, height, width = inputs["x"].shape
    terms: list[Term] = []
    for n, i, j in np.ndindex(samples, *inputs["dout"].shape[2:]):
        y, z = i * stride + u - pad, j * stride + v - pad
        if 0 <= y < height and 0 <= z < width:
            terms.append(product(cell(inputs, "x", n, c, y, z), cell(inputs, "dout", n, f, i, j)))
    return Derivation(tuple(terms))


def _db_terms(inputs: Inputs, index: Index) -> Derivation:
    (f,) = index
    samples, _, rows, columns = inputs["dout"].shape
    return Derivation(
        tuple(
            plain(cell(inputs, "dout", n, f, i, j))
            for n, i, j in np.ndindex(samples, rows, columns)
        )
    )


def _out(inputs: Inputs) -> Array:
    x, W = inputs["x"], inputs["W"]
    stride, pad = _stride_and_pad(inputs)
    windows = windows_of(padded(x, pad), W.shape[2:], stride)
    out = np.empty((len(x), len(W), *windows.shape[4:]), W.dtype)
    return _sum_windows(np.ascontiguousarray(windows), W, inputs["b"], out)


def _dx(inputs: Inputs) -> Array:
    W, dout, (stride, pad) = inputs["W"], inputs["dout"], _stride_and_pad(inputs)
    n, c, height, width = inputs["x"].shape
    windows = np.empty((n, *W.shape[1:], *dout.shape[2:]), W.dtype)
    total = np.empty((n, c, height + 2 * pad, width + 2 * pad), W.dtype)
    return _spread(dout, W, windows, total, stride, pad)


def _dW(inputs: Inputs) -> Array:  # noqa: N802 - the book's name
    dout, (stride, pad) = inputs["dout"], _stride_and_pad(inputs)
    size = int(inputs["h"]), int(inputs["w"])
    windows = np.ascontiguousarray(windows_of(padded(inputs["x"], pad), size, stride))
    filters, inputs_of_filter = dout.shape[1], windows.shape[1:4]
    by_sample = np.empty((len(dout), filters, math.prod(inputs_of_filter)), dout.dtype)
    dW = np.empty((filters, *inputs_of_filter), dout.dtype)
    return _multiply_windows(dout, windows, by_sample, dW)


def _db(inputs: Inputs) -> Array:
    dout = inputs["dout"]
    return _sum_pictures(dout, np.empty(dout.shape[1], dout.dtype))


def _why_out(about: About) -> Words:
    n, f, i, j = about.index
    return Words(
        f"Filter {f} on sample {n}, at the window in row {i}, column {j}: each cell of the window"
        f" times the filter's cell on it, summed; {about.at('b', f)} is added."
        f" {about.cell} = {number(about.value)}.",
        "The same few weights are used at every place of the picture: what a filter has learned to"
        " find, it finds anywhere. The sum is large where the window looks like the filter.",
    )


def _why_dx(about: About) -> Words:
    of_x = about.name("x", *about.index)
    products = len(_dx_terms(about.inputs, about.index).terms)
    filters = len(about.inputs["W"])
    return Words(
        f"∂loss/∂{of_x}: this cell stood in {counted(products // filters, 'window')}, each met by"
        f" {counted(filters, 'filter')}. Each dout there times the weight that the cell met,"
        f" summed: {about.of_raising(of_x)}.",
        "By the chain rule ∂loss/∂x is the sum over all that x went into, and for each of them"
        " ∂out/∂x is the weight between the two.",
    )


def _why_dW(about: About) -> Words:  # noqa: N802 - the book's name
    f = about.index[0]
    dout = about.array("dout")[:, f]
    return Words(
        f"{about.parameter} was laid on one cell of each window, {counted(dout.size, 'window')} in"
        f" all samples: their dout is {signs(dout)}. Each times the cell of x there, summed:"
        f" {about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}, by the chain rule: for one window ∂out/∂W is the cell of x that"
        " the weight met, and as every window uses the same weight, their gradients add up.",
    )


def _why_db(about: About) -> Words:
    dout = about.array("dout")[:, about.index[0]]
    return Words(
        f"{about.parameter} is added to what filter {about.index[0]} makes of each window: dout of"
        f" {counted(dout.size, 'window')} is {signs(dout)}. Summed:"
        f" {about.of_raising(about.parameter)}.",
        f"∂loss/∂{about.parameter}, by the chain rule: ∂out/∂b is 1 in each window, so that nothing"
        " is left but the sum of dout.",
    )


def _sum_windows(windows: Array, W: Array, b: Array, out: Array) -> Array:
    """Write Σ window × filter + b into `out`, shape (N, filters, rows, columns)."""
    flat = _flat_pictures(out)
    samples, filters, count = flat.shape
    np.matmul(W.reshape(filters, -1), windows.reshape(samples, -1, count), out=flat)
    flat += b[:, np.newaxis]
    return out


def _multiply_windows(dout: Array, windows: Array, by_sample: Array, dW: Array) -> Array:
    """Write Σ window × dout, over all windows of all samples, into `dW`."""
    dout = _flat_pictures(dout)
    rows = windows.reshape(len(dout), -1, dout.shape[2])
    np.matmul(dout, rows.transpose(0, 2, 1), out=by_sample)
    np.add.reduce(by_sample, axis=0, out=dW.reshape(by_sample.shape[1:]))
    return dW


def _sum_pictures(dout: Array, db: Array) -> Array:
    """Write the sum over samples and windows, of each filter, into `db`."""
    np.add.reduce(np.add.reduce(_flat_pictures(dout), axis=2), axis=0, out=db)
    return db


def _spread(dout: Array, W: Array, windows: Array, total: Array, stride: int, pad: int) -> Array:
    """Return dx: in each cell the sum over the windows that hold it, of dout times the filter."""
    dout = _flat_pictures(dout)
    filters = W.reshape(len(W), -1)
    np.matmul(filters.T, dout, out=windows.reshape(len(dout), -1, dout.shape[2]))
    total.fill(0)
    add_windows(total, windows, stride)
    height, width = total.shape[2] - pad, total.shape[3] - pad
    return np.ascontiguousarray(total[:, :, pad:height, pad:width])


def _flat_pictures(array: Array) -> Array:
    """Return (N, C, H, W) as (N, C, H · W)."""
    return array.reshape(*array.shape[:2], -1)


class Convolution(Layer):
    """out[n,f,i,j] = Σ x[n,c,i·s+u−p,j·s+v−p] · W[f,c,u,v] + b[f], over c, u and v (book 7.2).

    The sum of a window of the picture times a filter, entry by entry. The window moves by the
    stride s; around the picture stand p zeros.

    Args:
        W: filters, shape (filters, channels, h, w); its dtype is the layer's.
        b: bias, shape (filters,).
        stride: s, cells from one window to the next.
        pad: p, zeros at each edge.

    Samples come as (N, channels, height, width), and leave as (N, filters, rows, columns).
    """

    NAME: ClassVar = "Conv"
    FORWARD: ClassVar = (
        Operation(
            "out",
            "out = Σ window of x × W + b",
            ("x", "W", "b", "s", "p"),
            "{x} ∗ {W} + {b}",
            _out_terms,
            _out,
            _why_out,
        ),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = Σ dout × W, over the windows that hold it",
            ("dout", "W", "x", "s", "p"),
            "{dout} ∗ {W}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
        Operation(
            "dW",
            "dW = Σ window of x × dout",
            ("x", "dout", "h", "w", "s", "p"),
            "{x} ∗ {dout}",
            _dW_terms,
            _dW,
            _why_dW,
        ),
        Operation("db", "db = Σ dout", ("dout",), "Σ {dout}", _db_terms, _db, _why_db),
    )

    def __init__(self, W: Array, b: Array, stride: int = 1, pad: int = 0) -> None:
        super().__init__(W=W, b=b)
        self.W = W
        self.b = b
        self.stride = stride
        self.pad = pad
        self.arguments: dict[str, Any] = {"stride": stride, "pad": pad}
        self._x = np.zeros((0, W.shape[1], *W.shape[2:]), W.dtype)
        self._buffers: dict[str, Array] = {}

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a Convolution of `filters` of a `size` (h, w) will be.

        `stride` is 1 and `pad` 0 where they are not given.

        Raises:
            ValueError: samples are no pictures, or a filter is larger than they are.
        """
        channels, height, width = as_picture(sample)
        filters, size = int(options["filters"]), tuple(options["size"])
        stride, pad = int(options.get("stride", 1)), int(options.get("pad", 0))
        rows, columns = window_counts(height + 2 * pad, width + 2 * pad, size, stride)
        inputs = channels * math.prod(size)
        params = {
            "W": ParameterPlan((filters, channels, *size), fan_in=inputs),
            "b": ParameterPlan((filters,)),
        }
        # The windows lie side by side in memory: forward, and in a pass that trains backward too.
        arrays = 2 + math.ceil(1.5 * inputs / filters)
        arguments = {"stride": stride, "pad": pad}
        return LayerPlan((filters, rows, columns), params, arguments, arrays=arrays)

    @property
    def dW(self) -> Array:  # noqa: N802 - the book's name
        """The last backward pass's ∂L/∂W."""
        return self.grads["W"]

    @property
    def db(self) -> Array:
        """The last backward pass's ∂L/∂b."""
        return self.grads["b"]

    def constants(self) -> dict[str, float]:
        """Return stride, pad and the filters' height and width."""
        h, w = self.W.shape[2:]
        return {"s": self.stride, "p": self.pad, "h": h, "w": w}

    def forward(self, x: Array, mode: Pass = TRAINING) -> Array:
        """Return the window sums of `x`, shape (N, channels, height, width).

        Raises:
            ValueError: `x` is no batch of pictures with as many channels as the filters have, or
                they are smaller than a filter.
        """
        if x.ndim != 4 or x.shape[1] != self.W.shape[1]:
            raise ValueError(
                f"input of shape {x.shape} does not fit filters of {self.W.shape[1]} channels"
            )
        self._x = x
        windows = windows_of(padded(x, self.pad), self.W.shape[2:], self.stride)
        copied = self._buffer("windows", windows.shape)
        np.copyto(copied, windows)
        out = np.empty((len(x), len(self.W), *windows.shape[4:]), self.W.dtype)
        return _sum_windows(copied, self.W, self.b, out)

    def parameter_gradients(self, dout: Array) -> None:
        """Write dW and db."""
        windows = self._buffers["windows"]
        by_sample = self._buffer("by_sample", (len(dout), len(self.W), self.W[0].size))
        _multiply_windows(dout, windows, by_sample, self.grads["W"])
        _sum_pictures(dout, self.grads["b"])

    def backward(self, dout: Array) -> Array:
        """Write dW and db, and return dx."""
        self.parameter_gradients(dout)
        n, c, height, width = self._x.shape
        windows = self._buffer("dwindows", self._buffers["windows"].shape)
        around = (n, c, height + 2 * self.pad, width + 2 * self.pad)
        total = np.empty(around, self.W.dtype)
        return _spread(dout, self.W, windows, total, self.stride, self.pad)

    def _buffer(self, name: str, shape: Shape) -> Array:
        """Return an array of this shape, the same one as long as the shape is: see `forward`."""
        array = self._buffers.get(name)
        if array is None or array.shape != shape:
            array = self._buffers[name] = np.empty(shape, self.W.dtype)
        return array
