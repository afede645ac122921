"""Mistakes in the dx of an activation."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.leaky_relu import LeakyRelu
from tui_backprop.nn.layers.relu import Relu
from tui_backprop.nn.layers.sigmoid import Sigmoid
from tui_backprop.nn.layers.tanh import Tanh
from tui_backprop.nn.operation import Inputs
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _dout_itself(inputs: Inputs, right: Array) -> Array:
    return inputs["dout"].copy()


def _by_dout(inputs: Inputs, right: Array) -> Array:
    dout = inputs["dout"]
    return dout * (dout > 0)


def _by_dout_and_x(inputs: Inputs, right: Array) -> Array:
    return right * (inputs["dout"] > 0)


def _sigmoid_slope_of_x(inputs: Inputs, right: Array) -> Array:
    x = inputs["x"]
    dx: Array = inputs["dout"] * x * (1 - x)
    return dx


def _tanh_slope_of_x(inputs: Inputs, right: Array) -> Array:
    dx: Array = inputs["dout"] * (1 - np.square(inputs["x"]))
    return dx


NO_MASK = Mistake(
    "no-mask",
    "the gradient passes {where} where x ≤ 0, it has to be 0 there",
    "with dx = dout at {where} one gets your {names}",
    "dx = dout * (x > 0)",
    "common in exercises",
    (Site((Relu,), "dx", _dout_itself),),
)
MASK_ON_DOUT = Mistake(
    "mask-on-dout",
    "{where} was masked by dout > 0, it is x > 0 that decides",
    "with dx = dout × (dout > 0) at {where} one gets your {names}",
    "dx = dout * (x > 0)",
    "guided backpropagation does it on purpose",
    (Site((Relu,), "dx", _by_dout), Site((Relu,), "dx", _by_dout_and_x)),
)
IN_PLACE_DOUT = Mistake(
    "in-place-dout",
    "{where} wrote into dout, which is still needed elsewhere",
    "what was taken off dout is missing in the result, entry by entry",
    "dx = dout.copy() first, or dx = dout * mask",
    "the book's Relu, common/layers.py",
)
SIGMOID_OF_X = Mistake(
    "sigmoid-of-x",
    "the slope of {where} was taken with x in place of its output",
    "with dx = dout × x × (1 − x) at {where}, or 1 − x² for tanh, one gets your {names}",
    "dx = dout * out * (1 - out)",
    "common where a helper takes the output, and is given the input",
    (
        Site((Sigmoid,), "dx", _sigmoid_slope_of_x, ("x",)),
        Site((Tanh,), "dx", _tanh_slope_of_x, ("x",)),
    ),
)
NO_LOCAL = Mistake(
    "no-local",
    "the slope of {where} was left out of the chain",
    "with dx = dout at {where} one gets your {names}",
    "dx = dout * out * (1 - out), or the slope of the activation it is",
    "common in exercises",
    (Site((Sigmoid, Tanh, LeakyRelu), "dx", _dout_itself),),
)
