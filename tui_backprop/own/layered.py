"""A net that is a list of layers and knows neither its loss nor its gradients as a dict."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tui_backprop.own.layers import layers_of


class LayeredNet:
    """Layers with forward, backward, `params` and `grads`, and a loss with `loss` and `grad`.

    Args:
        net: has forward(x) and backward(grad), and its `layers`.
        loss: has loss(predicted, actual) and grad(predicted, actual).

    Raises:
        TypeError: one of them has not.
    """

    def __init__(self, net: Any, loss: Any) -> None:
        for owner, names in ((net, ("forward", "backward")), (loss, ("loss", "grad"))):
            for name in names:
                if not callable(getattr(owner, name, None)):
                    raise TypeError(f"{type(owner).__name__} has no `{name}`")
        self.net = net
        self.loss_function = loss
        self.layers = layers_of(net)
        if not self.layers:
            raise TypeError(f"{type(net).__name__} has no `layers` with forward and backward")

    @property
    def params(self) -> dict[str, Any]:
        """All layers' parameters, as Linear1.w."""
        return self._of_layers("params")

    def loss(self, x: Any, t: Any) -> Any:
        """Return what the loss says of the net's predictions."""
        return self.loss_function.loss(self.net.forward(x), t)

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        """Return the gradients that the layers' backward passes have left."""
        self.net.backward(self.loss_function.grad(self.net.forward(x), t))
        return self._of_layers("grads")

    def _of_layers(self, attribute: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, layer in self.layers.items():
            held = getattr(layer, attribute, None)
            if isinstance(held, Mapping):
                found |= {
                    f"{name}.{key}": value
                    for key, value in held.items()
                    if isinstance(value, np.ndarray)
                }
        return found
