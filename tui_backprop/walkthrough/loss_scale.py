"""How large the numbers are that a loss is made of: what rounding acts on."""

import math

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import Network, Pass
from tui_backprop.nn.arrays import Array


def loss_scale(net: Network, x: Array, t: npt.ArrayLike, mode: Pass) -> float:
    """Return the number that, times a few eps, bounds how far rounding moves a net's loss.

    That is 1 + the largest |score| + the decay of the weights, and how much of what is rounded on
    the way comes through to the loss: to first order |out · ∂loss/∂out|, summed over all cells of
    all layers. A normalization of values that hardly differ magnifies their rounding, say.

    Args:
        net: its passes and gradients are overwritten.
        x: samples as the net takes them, shape (N, …).
        t: their targets.
        mode: the pass in question.
    """
    outs: dict[str, Array] = {}
    scores = x
    for name, layer in net.layers.items():
        scores = outs[name] = np.array(layer.forward(scores, mode))
    net.last_layer.forward(scores, t)
    dout = net.last_layer.backward()
    magnified = 0.0
    learning = net.learning_layers
    for name in reversed(learning):
        magnified += float(np.abs(outs[name] * dout).sum())
        if name != learning[0]:
            dout = net.layers[name].backward(dout)
    scale = 1.0 + float(np.abs(scores).max()) + net.with_decay(0.0)
    return scale + magnified if math.isfinite(magnified) else scale
