"""Mistakes in dropout, normalization, pooling and convolution."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.batch_normalization import BatchNormalization
from tui_backprop.nn.layers.convolution import Convolution
from tui_backprop.nn.layers.dropout import Dropout
from tui_backprop.nn.layers.pooling import Pooling, places
from tui_backprop.nn.operation import Inputs
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _by_another_mask(inputs: Inputs, right: Array) -> Array:
    return inputs["dout"] * inputs["other mask"]


def _constants(inputs: Inputs, right: Array) -> Array:
    constant: Array = inputs["dxn"] / inputs["std"]
    return constant


def _to_every_place(inputs: Inputs, right: Array) -> Array:
    dx = np.zeros_like(inputs["x"], order="C")
    for total in places(dx, inputs):
        total += inputs["dout"]
    return dx


def _to_every_tie(inputs: Inputs, right: Array) -> Array:
    x, out, dout = inputs["x"], inputs["out"], inputs["dout"]
    dx = np.zeros_like(x, order="C")
    for cells, total in zip(places(x, inputs), places(dx, inputs), strict=True):
        total += dout * (cells == out)
    return dx


def _overwritten(inputs: Inputs, right: Array) -> Array:
    W, dout, x = inputs["W"], inputs["dout"], inputs["x"]
    stride, pad = int(inputs["s"]), int(inputs["p"])
    (height, width), (rows, columns) = x.shape[2:], dout.shape[2:]
    total = np.zeros((*x.shape[:2], height + 2 * pad, width + 2 * pad), W.dtype)
    for u, v in np.ndindex(*W.shape[2:]):
        part = np.einsum("nfij,fc->ncij", dout, W[:, :, u, v])
        total[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride] = part
    return total[:, :, pad : height + pad, pad : width + pad]


DROPOUT_REDRAWN = Mistake(
    "dropout-redrawn",
    "the backward pass of {where} drew another mask than its forward pass",
    "dx is 0 in other places than out, and that makes your {names}",
    "keep the mask of forward, and write dx = dout * self.mask",
    "common in exercises",
    (Site((Dropout,), "dx", _by_another_mask, ("other mask",)),),
)
BATCHNORM_CONSTANT = Mistake(
    "batchnorm-constant",
    "{where} took the mean and variance of the batch for constants",
    "with dx = γ · dout / σ, whose columns do not sum to 0, one gets your {names}",
    "mean and variance depend on x too: their gradients are two more terms of dx",
    "common in exercises",
    (Site((BatchNormalization,), "dx", _constants, ("dxn", "std")),),
)
POOL_ALL_TIES = Mistake(
    "pool-all-ties",
    "{where} gave the gradient to more than one place of a window",
    "with dout in every place of its window, or in every largest one, one gets your {names}",
    "dx is dout where the largest was chosen, else 0",
    "common in exercises",
    (Site((Pooling,), "dx", _to_every_place), Site((Pooling,), "dx", _to_every_tie)),
)
COL2IM_OVERWRITE = Mistake(
    "col2im-overwrite",
    "where windows of {where} overlap, the last one overwrote the others",
    "with = in place of += in col2im one gets your {names}",
    "img[:, :, y:y_max:stride, x:x_max:stride] += col[:, :, y, x]",
    "common in exercises",
    (Site((Convolution,), "dx", _overwritten),),
)
