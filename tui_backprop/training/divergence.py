"""Where a number of an iteration ceased to be finite."""

import math
from collections.abc import Mapping

import numpy as np

from tui_backprop.nn import MultiLayerNet
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.parameters import Parameters


def first_not_finite(updates: Parameters, params: Mapping[str, Array]) -> str | None:
    """Return the first name whose update would leave its parameter not finite, or None."""
    # One fast product settles nearly every case: if the sum of squares is finite, no entry is
    # larger than the root of the dtype's largest number, and that is lost beside the largest.
    if math.isfinite(np.dot(updates.vector, updates.vector)):
        return None
    for key, update in updates.items():
        if not np.isfinite(params[key] + update).all():
            return key
    return None


def first_not_finite_layer(net: MultiLayerNet, x: Array) -> str:
    """Return the first layer with an output that is not finite, or else the last one, the loss's.

    Args:
        net: whose activations are overwritten.
        x: samples, shape (N, inputs).
    """
    for name, layer in net.layers.items():
        x = layer.forward(x)
        if not np.isfinite(x).all():
            return name
    return "SoftmaxWithLoss"
