"""The layers a network is built of, one a file."""

from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.relu import Relu
from tui_backprop.nn.layers.softmax_with_loss import SoftmaxWithLoss

__all__ = ["Affine", "Layer", "Relu", "SoftmaxWithLoss"]
