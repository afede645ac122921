"""Where a number of an iteration ceased to be finite."""

import numpy as np

from tui_backprop.nn import Network, Pass
from tui_backprop.nn.arrays import Array


def first_not_finite_layer(net: Network, x: Array, mode: Pass) -> str:
    """Return the first layer with an output that is not finite, or else the last one, the loss's.

    Args:
        net: whose activations are overwritten.
        x: samples, shape (N, inputs).
        mode: the pass in which it happened.
    """
    for name, layer in net.layers.items():
        x = layer.forward(x, mode)
        if not np.isfinite(x).all():
            return name
    return type(net.last_layer).__name__


def first_not_finite_state(state: dict[str, dict[str, Array]]) -> str | None:
    """Return the first layer whose next state is not finite, or None."""
    for name, parts in state.items():
        if not all(np.isfinite(part).all() for part in parts.values()):
            return name
    return None
