"""Which of our layers somebody's layer says it is, by its class's name."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tui_backprop.nn import (
    Affine,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    IdentityWithLoss,
    Layer,
    LeakyRelu,
    Loss,
    Pooling,
    Relu,
    Sigmoid,
    SigmoidWithLoss,
    SoftmaxWithLoss,
    Tanh,
)
from tui_backprop.own.objects import attributes

_NO_FIT = (TypeError, ValueError, IndexError, AttributeError)


def declared_layer(layer: Any) -> Layer | None:
    """Return the layer of ours with the parameters of one of that name, None where it is none."""
    make = _MAKERS.get(_name(layer))
    if make is None:
        return None
    try:
        return make(layer)
    except _NO_FIT:
        return None


def declared_loss(layer: Any) -> type[Loss] | None:
    """Return the loss of ours that a last layer says it is, None where it is none."""
    return _LOSSES.get(_name(layer))


def parameters_of(layer: Any) -> dict[str, Any]:
    """Return the arrays that a layer holds under the names of gradients' parameters: W of dW."""
    own = attributes(layer)
    held = {name: value for name, value in own.items() if isinstance(value, np.ndarray)}
    learned = {name: value for name, value in held.items() if f"d{name}" in own}
    named = {name: value for name, value in held.items() if name in _PARAMETERS}
    return named | learned


def _name(layer: Any) -> str:
    return type(layer).__name__.lower().replace("_", "")


def _affine(layer: Any) -> Layer:
    return Affine(_array(layer.W, 2), _array(layer.b, 1))


def _convolution(layer: Any) -> Layer:
    stride, pad = int(getattr(layer, "stride", 1)), int(getattr(layer, "pad", 0))
    return Convolution(_array(layer.W, 4), _array(layer.b, 1), stride, pad)


def _pooling(layer: Any) -> Layer:
    if getattr(layer, "pad", 0):
        raise ValueError("a padded cell is no part of the picture")
    return Pooling(int(layer.pool_h), int(layer.pool_w), int(getattr(layer, "stride", 1)))


def _normalization(layer: Any) -> Layer:
    gamma, beta = np.asarray(layer.gamma).reshape(-1), np.asarray(layer.beta).reshape(-1)
    return BatchNormalization(gamma, beta, float(getattr(layer, "momentum", 0.9)))


def _array(value: Any, axes: int) -> Any:
    if not isinstance(value, np.ndarray) or value.ndim != axes:
        raise ValueError(f"no array of {axes} axes")
    return value


_MAKERS: Mapping[str, Callable[[Any], Layer]] = {
    **dict.fromkeys(("affine", "linear", "dense"), _affine),
    **dict.fromkeys(("convolution", "conv", "conv2d"), _convolution),
    **dict.fromkeys(("pooling", "pool", "maxpooling", "maxpool", "maxpool2d"), _pooling),
    **dict.fromkeys(("batchnormalization", "batchnorm", "batchnorm1d"), _normalization),
    "relu": lambda layer: Relu(),
    "sigmoid": lambda layer: Sigmoid(),
    "tanh": lambda layer: Tanh(),
    "leakyrelu": lambda layer: LeakyRelu(),
    "dropout": lambda layer: Dropout(),
    "flatten": lambda layer: Flatten(),
}
"""By the class's name in small letters."""

_LOSSES: Mapping[str, type[Loss]] = {
    "softmaxwithloss": SoftmaxWithLoss,
    "sigmoidwithloss": SigmoidWithLoss,
    "identitywithloss": IdentityWithLoss,
}

_PARAMETERS = ("W", "b", "gamma", "beta")
