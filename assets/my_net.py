"""A net as one writes it with the book open, with a mistake: `check assets/my_net.py:build`."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Affine:
    """out = x · W + b, whose db is wrong."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        """Return the scores of each sample."""
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout: Array) -> Array:
        """Return dx, and keep dW and db."""
        self.dW = np.dot(self.x.T, dout)
        self.db = np.mean(dout, axis=0)
        return np.dot(dout, self.W.T)


class Relu:
    """out = x where x > 0, else 0."""

    def forward(self, x: Array) -> Array:
        """Return what is above 0."""
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout: Array) -> Array:
        """Return dx."""
        return np.where(self.mask, 0, dout)


class SoftmaxWithLoss:
    """The mean of −log of what the right class gets."""

    def forward(self, x: Array, t: Array) -> float:
        """Return the loss."""
        exps = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = exps / exps.sum(axis=1, keepdims=True), t
        return float(-np.log(self.y[np.arange(len(t)), t]).mean())

    def backward(self, dout: float = 1) -> Array:
        """Return dx."""
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / len(self.t)


class MyNet:
    """Two Affines with a Relu between them."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        rng = np.random.default_rng(0)
        self.params = {
            "W1": rng.normal(size=(inputs, hidden)) * 0.5,
            "b1": np.zeros(hidden),
            "W2": rng.normal(size=(hidden, outputs)) * 0.5,
            "b2": np.zeros(outputs),
        }
        self.layers: dict[str, Any] = {
            "Affine1": Affine(self.params["W1"], self.params["b1"]),
            "Relu1": Relu(),
            "Affine2": Affine(self.params["W2"], self.params["b2"]),
        }
        self.last_layer = SoftmaxWithLoss()

    def loss(self, x: Array, t: Array) -> float:
        """Return the loss of a batch."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.last_layer.forward(x, t)

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """Return the gradients of a batch by backpropagation."""
        self.loss(x, t)
        dout = self.last_layer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        first, last = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": last.dW, "b2": last.db}


def build() -> tuple[MyNet, Array, Array]:
    """Return the net, and a batch of eight samples with their classes."""
    rng = np.random.default_rng(1)
    return MyNet(5, 4, 3), rng.random((8, 5)), rng.integers(0, 3, 8)
