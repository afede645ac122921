"""How the weights of a network start: drawn from a normal distribution, wide or narrow (book 6.2).

What tells them apart is the standard deviation, for units of fan_in inputs each.
"""

import math

import numpy as np

from tui_backprop.nn.blueprint import Draw


def normal(rng: np.random.Generator, weight_std: float = 0.01) -> Draw:
    """Return what draws with the same standard deviation everywhere."""
    return lambda plan: weight_std * rng.standard_normal(plan.shape)


def xavier(rng: np.random.Generator) -> Draw:
    """Return what draws with 1/√fan_in, as the book's form of Glorot and Bengio 2010 has it.

    Suits functions that are straight around 0: sigmoid, tanh.
    """
    return lambda plan: math.sqrt(1 / (plan.fan_in or 1)) * rng.standard_normal(plan.shape)


def he(rng: np.random.Generator) -> Draw:
    """Return what draws with √(2/fan_in), of He et al. 2015. Suits ReLU, half of which is 0."""
    return lambda plan: math.sqrt(2 / (plan.fan_in or 1)) * rng.standard_normal(plan.shape)
