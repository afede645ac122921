"""The convolution: each output is a window of the picture times a filter, summed."""

import math
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers import convolution_words as words
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.windows import (
    as_picture,
    covering,
    multiply_windows,
    padded,
    spread,
    stride_and_pad,
    sum_pictures,
    sum_windows,
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


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, f, i, j = index
    stride, pad = stride_and_pad(inputs)
    height, width = inputs["x"].shape[2:]
    terms: list[Term] = []
    for c, u, v in np.ndindex(*inputs["W"].shape[1:]):
        y, z = i * stride + u - pad, j * stride + v - pad
        if 0 <= y < height and 0 <= z < width:
            terms.append(product(cell(inputs, "x", n, c, y, z), cell(inputs, "W", f, c, u, v)))
    return Derivation((*terms, plain(cell(inputs, "b", f))))


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    n, c, y, z = index
    stride, pad = stride_and_pad(inputs)
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
    stride, pad = stride_and_pad(inputs)
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
    stride, pad = stride_and_pad(inputs)
    windows = windows_of(padded(x, pad), W.shape[2:], stride)
    out = np.empty((len(x), len(W), *windows.shape[4:]), W.dtype)
    return sum_windows(np.ascontiguousarray(windows), W, inputs["b"], out)


def _dx(inputs: Inputs) -> Array:
    W, dout, (stride, pad) = inputs["W"], inputs["dout"], stride_and_pad(inputs)
    n, c, height, width = inputs["x"].shape
    windows = np.empty((n, *W.shape[1:], *dout.shape[2:]), W.dtype)
    total = np.empty((n, c, height + 2 * pad, width + 2 * pad), W.dtype)
    return spread(dout, W, windows, total, stride, pad)


def _dW(inputs: Inputs) -> Array:  # noqa: N802 - the book's name
    dout, (stride, pad) = inputs["dout"], stride_and_pad(inputs)
    size = int(inputs["h"]), int(inputs["w"])
    windows = np.ascontiguousarray(windows_of(padded(inputs["x"], pad), size, stride))
    filters, inputs_of_filter = dout.shape[1], windows.shape[1:4]
    by_sample = np.empty((len(dout), filters, math.prod(inputs_of_filter)), dout.dtype)
    dW = np.empty((filters, *inputs_of_filter), dout.dtype)
    return multiply_windows(dout, windows, by_sample, dW)


def _db(inputs: Inputs) -> Array:
    dout = inputs["dout"]
    return sum_pictures(dout, np.empty(dout.shape[1], dout.dtype))


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
            words.why_out,
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
            words.why_dx,
        ),
        Operation(
            "dW",
            "dW = Σ window of x × dout",
            ("x", "dout", "h", "w", "s", "p"),
            "{x} ∗ {dout}",
            _dW_terms,
            _dW,
            words.why_dW,
        ),
        Operation("db", "db = Σ dout", ("dout",), "Σ {dout}", _db_terms, _db, words.why_db),
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
        return sum_windows(copied, self.W, self.b, out)

    def parameter_gradients(self, dout: Array) -> None:
        """Write dW and db."""
        windows = self._buffers["windows"]
        by_sample = self._buffer("by_sample", (len(dout), len(self.W), self.W[0].size))
        multiply_windows(dout, windows, by_sample, self.grads["W"])
        sum_pictures(dout, self.grads["b"])

    def backward(self, dout: Array) -> Array:
        """Write dW and db, and return dx."""
        self.parameter_gradients(dout)
        n, c, height, width = self._x.shape
        windows = self._buffer("dwindows", self._buffers["windows"].shape)
        around = (n, c, height + 2 * self.pad, width + 2 * self.pad)
        total = np.empty(around, self.W.dtype)
        return spread(dout, self.W, windows, total, self.stride, self.pad)

    def _buffer(self, name: str, shape: Shape) -> Array:
        """Return an array of this shape, the same one as long as the shape is: see `forward`."""
        array = self._buffers.get(name)
        if array is None or array.shape != shape:
            array = self._buffers[name] = np.empty(shape, self.W.dtype)
        return array
