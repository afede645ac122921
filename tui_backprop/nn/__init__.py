"""The book's neural network in plain NumPy: functions, layers, networks, optimizers."""

from tui_backprop.nn.functions import cross_entropy_error, softmax
from tui_backprop.nn.layers import Affine, Layer, Relu, SoftmaxWithLoss
from tui_backprop.nn.networks import MultiLayerNet, TwoLayerNet
from tui_backprop.nn.numerical_gradient import numerical_gradient
from tui_backprop.nn.optimizers import SGD, Optimizer

__all__ = [
    "SGD",
    "Affine",
    "Layer",
    "MultiLayerNet",
    "Optimizer",
    "Relu",
    "SoftmaxWithLoss",
    "TwoLayerNet",
    "cross_entropy_error",
    "numerical_gradient",
    "softmax",
]
