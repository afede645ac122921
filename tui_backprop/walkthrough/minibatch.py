"""Reading a minibatch: samples as rows of the net's dtype, targets as class indices."""

import numpy as np

from tui_backprop.nn import MultiLayerNet
from tui_backprop.nn.arrays import Array, Labels, as_labels


def read_minibatch(net: MultiLayerNet, x: Array, t: Array | Labels) -> tuple[Array, Labels]:
    """Return copies of the samples, shape (N, inputs), and of the class indices, shape (N,).

    Args:
        net: what the minibatch is for.
        x: samples, shape (N, …), or one sample without N.
        t: class indices (N,), or one-hot rows.

    Raises:
        ValueError: `x` or `t` does not fit the net, or there is no sample.
    """
    inputs, classes = net.params["W1"].shape[0], net.params[f"b{len(net.params) // 2}"].size
    samples = 1 if x.size == inputs or not x.ndim else x.shape[0]
    if not samples or x.size != samples * inputs:
        raise ValueError(f"minibatch of shape {x.shape}: must be samples of {inputs} values each")
    labels = np.array(as_labels(t, (samples, classes)))
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"targets: must be class indices from 0 to {classes - 1}")
    return np.array(x, net.dtype, order="C").reshape(samples, inputs), labels
