"""Mistakes in the update: the gradients are right, what is made of them is not."""

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Inputs
from tui_backprop.nn.optimizers.sgd import SGD
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _uphill(inputs: Inputs, right: Array) -> Array:
    uphill: Array = inputs["W"] + float(inputs["η"]) * inputs["dW"]
    return uphill


def _rate_twice(inputs: Inputs, right: Array) -> Array:
    moved: Array = inputs["W"] - float(inputs["η"]) ** 2 * inputs["dW"]
    return moved


ASCENT = Mistake(
    "ascent",
    "the step goes up the gradient, + was written for −",
    "W′ − W is +η dW, for η = {c}",
    "params[key] -= lr * grads[key]",
    "common in exercises",
    (Site((SGD,), "W", _uphill),),
)
ETA_TWICE = Mistake(
    "eta-twice",
    "the learning rate was multiplied in twice",
    "W′ − W is −η² dW, for η = {c}",
    "params[key] -= lr * grads[key], with gradients that have no lr in them",
    "common where gradient() scales already",
    (Site((SGD,), "W", _rate_twice),),
)
