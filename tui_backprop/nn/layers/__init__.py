"""The layers a network is built of, one a file."""

from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.batch_normalization import BatchNormalization
from tui_backprop.nn.layers.dropout import Dropout
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.relu import Relu
from tui_backprop.nn.layers.sigmoid import Sigmoid

__all__ = ["Affine", "BatchNormalization", "Dropout", "Layer", "Relu", "Sigmoid"]
