"""Mistakes in putting a parameter's gradient together: forks and weight decay."""

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Inputs
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.mistakes.fork import Fork
from tui_backprop.walkthrough.mistakes.mistake import Mistake, Site


def _first_use(inputs: Inputs, right: Array) -> Array:
    return inputs["d1"].copy()


def _last_use(inputs: Inputs, right: Array) -> Array:
    *_, last = inputs.values()
    return last.copy()


def _data_alone(inputs: Inputs, right: Array) -> Array:
    return inputs["dW"].copy()


def _decay_again(inputs: Inputs, right: Array) -> Array:
    return right + float(inputs["λ"]) * inputs["W"]


OVERWRITE_AT_FORK = Mistake(
    "overwrite-at-fork",
    "written with = where a value is used more than once, += belongs",
    "the gradient of one use alone makes your {names}, the others are missing",
    "dW += x.T @ dout for each use, after setting it to 0",
    "CS231n notes; karpathy/micrograd#53",
    (Site((Fork,), "dW", _first_use), Site((Fork,), "dW", _last_use)),
)
DECAY_MISSING = Mistake(
    "decay-missing",
    "the loss has ½ λ ‖W‖², the gradient lacks its λ W",
    "in {names} right − yours is λ W, for λ = {c}",
    "grads['W1'] = dW + weight_decay_lambda * W",
    "common in exercises",
    (Site((WeightDecay,), "dW", _data_alone),),
)
DECAY_DOUBLE = Mistake(
    "decay-double",
    "λ W was added twice, the derivative of ½ λ ‖W‖² has it once",
    "in {names} yours − right is λ W, for λ = {c}",
    "grads['W1'] = dW + weight_decay_lambda * W",
    "common where the ½ is forgotten",
    (Site((WeightDecay,), "dW", _decay_again),),
)
