"""The layers a network is built of, one a file."""

from tui_backprop.nn.layers.affine import Affine
from tui_backprop.nn.layers.batch_normalization import BatchNormalization
from tui_backprop.nn.layers.convolution import Convolution
from tui_backprop.nn.layers.dropout import Dropout
from tui_backprop.nn.layers.flatten import Flatten
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.layers.leaky_relu import LeakyRelu
from tui_backprop.nn.layers.mean_pooling import MeanPooling
from tui_backprop.nn.layers.pooling import Pooling
from tui_backprop.nn.layers.relu import Relu
from tui_backprop.nn.layers.sigmoid import Sigmoid
from tui_backprop.nn.layers.tanh import Tanh

__all__ = [
    "Affine",
    "BatchNormalization",
    "Convolution",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyRelu",
    "MeanPooling",
    "Pooling",
    "Relu",
    "Sigmoid",
    "Tanh",
]
