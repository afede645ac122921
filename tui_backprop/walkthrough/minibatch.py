"""Reading a minibatch: samples in the net's dtype, targets as its loss keeps them."""

import math

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import Network
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.losses.loss import Targets


def read_minibatch(net: Network, x: Array, t: npt.ArrayLike) -> tuple[Array, Targets]:
    """Return copies of the samples, shape (N, …) as the net takes them, and of the targets.

    Args:
        net: what the minibatch is for.
        x: samples, shape (N, …), or one sample without N.
        t: class indices (N,), or one-hot rows; for a net that predicts numbers, those.

    Raises:
        ValueError: `x` or `t` does not fit the net, or there is no sample.
    """
    inputs = math.prod(net.blueprint.sample)
    samples = 1 if x.size == inputs or not x.ndim else x.shape[0]
    if not samples or x.size != samples * inputs:
        raise ValueError(f"minibatch of shape {x.shape}: must be samples of {inputs} values each")
    targets = np.array(net.last_layer.read_targets(t, (samples, *net.blueprint.out)))
    return np.array(x, net.dtype, order="C").reshape(samples, *net.blueprint.sample), targets
