"""Mistakes at the scores: in the predictions and in dy, where the backward pass begins."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.convolution import Convolution
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.losses.softmax_with_loss import SoftmaxWithLoss
from tui_backprop.nn.operation import Inputs
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _times_n(inputs: Inputs, right: Array) -> Array:
    return right * len(right)


def _over_n(inputs: Inputs, right: Array) -> Array:
    return right / len(right)


def _weights_over_n(inputs: Inputs, right: Array) -> Array:
    return right / len(inputs["dout"])


def _negated(inputs: Inputs, right: Array) -> Array:
    return -right


def _entry_by_entry(inputs: Inputs, right: Array) -> Array:
    y = inputs["y"]
    slope: Array = right * y * (1 - y)
    return slope


def _whole_batch(inputs: Inputs, right: Array) -> Array:
    x = inputs["x"]
    exponentials = np.exp(x - x.max())
    y: Array = exponentials / exponentials.sum()
    return y


def _x_for_exp(inputs: Inputs, right: Array) -> Array:
    x = inputs["x"]
    return right / np.exp(x) * x


def _shifted_x_for_exp(inputs: Inputs, right: Array) -> Array:
    x = inputs["x"] - inputs["x"].max(axis=1, keepdims=True)
    dx: Array = right / np.exp(x) * x
    return dx


def _column_of_labels(inputs: Inputs, right: Array) -> Array:
    y, t = inputs["y"], inputs["t"]
    labels = t.argmax(axis=1)[:, np.newaxis]
    column: Array = (y - labels.astype(y.dtype)) / len(y)
    return column


NO_MEAN = Mistake(
    "no-mean",
    "y − t was not divided by N, but the loss is a mean",
    "in {names} every entry is right · N, for N = {N}",
    "dy = (y - t) / N",
    "the book's own exercise; stats.stackexchange 266968",
    (Site((Loss,), "dy", _times_n),),
)
MEAN_TWICE = Mistake(
    "mean-twice",
    "divided by N a second time: the mean's 1/N is in dy already",
    "in {names} every entry is right / N, for N = {N}",
    "dy = (y - t) / N once, and dW = x.T @ dout without another / N",
    "common in exercises",
    (
        Site((Loss,), "dy", _over_n),
        Site((Affine, Convolution), "dW", _weights_over_n),
    ),
)
SIGN = Mistake(
    "sign",
    "t − y was written, y − t belongs",
    "in {names} every entry is −right",
    "dy = (y - t) / N",
    "common in exercises",
    (Site((Loss,), "dy", _negated),),
)
SOFTMAX_JACOBIAN = Mistake(
    "softmax-jacobian",
    "y − t was multiplied by y · (1 − y), but it has the softmax in it already",
    "with dy · y · (1 − y), entry by entry, one gets your {names}",
    "dy = (y - t) / N: softmax and cross entropy together leave nothing else",
    "datascience.stackexchange 64746",
    (Site((SoftmaxWithLoss,), "dy", _entry_by_entry),),
)
SOFTMAX_WHOLE_BATCH = Mistake(
    "softmax-whole-batch",
    "softmax was normalised over the whole batch, it belongs to each row",
    "the y of all {N} samples add up to 1 together, and the rows of dy not to 0",
    "y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)",
    "oreilly-japan/deep-learning-from-scratch#85",
    (Site((SoftmaxWithLoss,), "y", _whole_batch),),
)
EXP_LOCAL = Mistake(
    "exp-local",
    "the local gradient of exp was taken to be x, it is exp(x)",
    "with dy · x / exp(x), entry by entry, one gets your {names}",
    "d exp(x) / dx = exp(x), the node's own output",
    "karpathy/nn-zero-to-hero#52",
    (
        Site((SoftmaxWithLoss,), "dy", _x_for_exp, ("x",)),
        Site((SoftmaxWithLoss,), "dy", _shifted_x_for_exp, ("x",)),
    ),
)
ONE_HOT_BROADCAST = Mistake(
    "one-hot-broadcast",
    "t is a column of class numbers that was taken off every column of y",
    "with t of shape ({N},1) in (y − t) / N one gets your {names}",
    "make t one-hot first, or y[np.arange(N), t] -= 1",
    "common with labels as a column",
    (Site((SoftmaxWithLoss,), "dy", _column_of_labels),),
)
