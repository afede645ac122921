"""Mistakes in the gradients of weights and biases, and in the dx that goes on through weights."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.batch_normalization import BatchNormalization
from tui_backprop.nn.layers.convolution import Convolution
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.operation import Inputs
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _rows(inputs: Inputs) -> Array:
    return inputs["x"].reshape(len(inputs["dout"]), -1)


def _over_samples(inputs: Inputs, right: Array) -> Array:
    return right / len(inputs["dout"])


def _over_windows(inputs: Inputs, right: Array) -> Array:
    dout = inputs["dout"]
    mean: Array = right * dout.shape[1] / dout.size
    return mean


def _one_sum(inputs: Inputs, right: Array) -> Array:
    return np.full_like(right, inputs["dout"].sum())


def _last_outer(inputs: Inputs, right: Array) -> Array:
    outer: Array = np.outer(_rows(inputs)[-1], inputs["dout"][-1])
    return outer


def _last_dout(inputs: Inputs, right: Array) -> Array:
    last: Array = inputs["dout"][-1].copy()
    return last


def _transposed(inputs: Inputs, right: Array) -> Array:
    if right.shape[0] != right.shape[1]:
        raise ValueError("only a square one keeps its shape")
    return right.T.copy()


def _x_dot_dout(inputs: Inputs, right: Array) -> Array:
    product: Array = _rows(inputs) @ inputs["dout"]
    if product.shape != right.shape:
        raise ValueError("only as many samples as inputs keep the shape")
    return product


def _dout_dot_w(inputs: Inputs, right: Array) -> Array:
    product: Array = inputs["dout"] @ inputs["W"]
    if product.size != right.size:
        raise ValueError("only a square W keeps the shape")
    return product.reshape(right.shape)


def _with_updated_w(inputs: Inputs, right: Array) -> Array:
    updated = inputs["W"] - float(inputs["η"]) * inputs["dW"]
    dx: Array = inputs["dout"] @ updated.T
    return dx.reshape(right.shape)


def _with_masked_x(inputs: Inputs, right: Array) -> Array:
    dW: Array = np.maximum(_rows(inputs), 0).T @ inputs["dout"]
    return dW


def _times_c(inputs: Inputs, right: Array) -> Array:
    return right * float(inputs["c"])


def _on_top(inputs: Inputs, right: Array) -> Array:
    return right + inputs["before"]


BIAS_MEAN = Mistake(
    "bias-mean",
    "the mean over the batch was taken where the sum belongs",
    "in {names} every entry is right/N for N = {N}",
    "db = np.sum(dout, axis=0): the mean's 1/N is in dout already",
    "datascience.stackexchange 20139; kvfrans/notes#5",
    (
        Site((Affine, Convolution), "db", _over_samples),
        Site((Convolution,), "db", _over_windows),
        Site((BatchNormalization,), "dbeta", _over_samples),
    ),
)
BIAS_ALL = Mistake(
    "bias-all",
    "one sum was taken for all units, each has its own",
    "in {names} every entry is Σ db, the sum of all right ones",
    "db = np.sum(dout, axis=0), with the axis",
    "rasbt/stat453-deep-learning-ss21#5",
    (Site((Affine, Convolution), "db", _one_sum),),
)
LAST_SAMPLE = Mistake(
    "last-sample",
    "overwritten in a loop over samples, so that only the last one's is left",
    "the last sample alone, of N = {N}, makes your {names}",
    "dW += np.outer(x[n], dout[n]) in the loop, or dW = x.T @ dout without one",
    "stats.stackexchange 266968",
    (Site((Affine,), "dW", _last_outer), Site((Affine,), "db", _last_dout)),
)
NO_TRANSPOSE = Mistake(
    "no-transpose",
    "a transpose is missing, and the shapes happened to fit",
    "without its transpose at {where} the product makes your {names}",
    "dW = x.T @ dout and dx = dout @ W.T",
    "common with square weights",
    (
        Site((Affine,), "dW", _transposed),
        Site((Affine,), "dW", _x_dot_dout),
        Site((Affine,), "dx", _dout_dot_w),
    ),
)
UPDATED_WEIGHT = Mistake(
    "updated-weight",
    "dx was taken with W after its update, it belongs to the W that made out",
    "with dx = dout · (W − η dW)ᵀ at {where} one gets your {names}, and gradient() changed W",
    "take all gradients first, update afterwards",
    "ai.stackexchange 26136",
    (Site((Affine,), "dx", _with_updated_w, ("dW", "η")),),
)
STALE_X = Mistake(
    "stale-x",
    "something wrote into the x that {where} had saved for its backward pass",
    "with 0 in place of each x below 0, xᵀ · dout makes your {names}",
    "save a copy, or write into no array that another layer keeps",
    "common with a ReLU in place",
    (Site((Affine,), "dW", _with_masked_x),),
)
TIMES_TWO = Mistake(
    "times-two",
    "a factor that does not belong there",
    "in {names} every entry is {c} · right",
    "leave the factor out; a loss of ½ (y − t)² has none in its gradient",
    "planted by a well-known course, and missed",
    (
        Site((Affine, Convolution), "dW", _times_c, ("c",)),
        Site((Affine, Convolution), "db", _times_c, ("c",)),
        Site((Layer,), "dx", _times_c, ("c",)),
        Site((Loss,), "dy", _times_c, ("c",)),
    ),
)
NOT_ZEROED = Mistake(
    "not-zeroed",
    "added to the gradient of the last call, which was not set to 0 before",
    "right + what the call before had left makes your {names}",
    "set the gradients to 0 at the start of gradient(), or assign with =",
    "common where gradients are added up with +=",
    (
        Site((Affine, Convolution), "dW", _on_top, ("before",)),
        Site((Affine, Convolution), "db", _on_top, ("before",)),
        Site((BatchNormalization,), "dgamma", _on_top, ("before",)),
        Site((BatchNormalization,), "dbeta", _on_top, ("before",)),
    ),
)
