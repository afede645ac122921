"""The book's neural network in plain NumPy: functions, layers, networks, optimizers."""

from tui_backprop.nn.functions import cross_entropy_error, softmax
from tui_backprop.nn.layers import Affine, BatchNormalization, Dropout, Layer, Relu, Sigmoid
from tui_backprop.nn.losses import IdentityWithLoss, Loss, SoftmaxWithLoss
from tui_backprop.nn.network import MultiLayerNet, Network, TwoLayerNet
from tui_backprop.nn.numerical_gradient import numerical_gradient
from tui_backprop.nn.optimizers import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
)
from tui_backprop.nn.passes import EVALUATION, TRAINING, Pass

__all__ = [
    "EVALUATION",
    "SGD",
    "TRAINING",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Affine",
    "BatchNormalization",
    "Dropout",
    "IdentityWithLoss",
    "Layer",
    "Loss",
    "Momentum",
    "MultiLayerNet",
    "Nesterov",
    "Network",
    "Optimizer",
    "Pass",
    "RMSprop",
    "Relu",
    "Sigmoid",
    "SoftmaxWithLoss",
    "TwoLayerNet",
    "cross_entropy_error",
    "numerical_gradient",
    "softmax",
]
