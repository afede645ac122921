"""Nets as a reader of the book writes them, from its formulas: right ones."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

Array = Any
"""Theirs: nothing is promised of it."""


def softmax(x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b
        self.dW: Any = None
        self.db: Any = None

    def forward(self, x: Array) -> Array:
        self.x_shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        dx = dout @ self.W.T
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dx.reshape(self.x_shape)


class SlottedAffine:
    """An Affine without a __dict__."""

    __slots__ = ("W", "b", "dW", "db", "x")

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout = dout.copy()
        dout[self.mask] = 0
        return dout


class Sigmoid:
    def forward(self, x: Array) -> Array:
        self.x = x
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out * (1 - self.out)


class Tanh:
    def forward(self, x: Array) -> Array:
        self.x = x
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * (1 - self.out**2)


class SoftmaxWithLoss:
    def forward(self, x: Array, t: Array) -> float:
        self.x, self.y = x, softmax(x)
        self.t = t if t.ndim == 2 else np.eye(x.shape[1])[t]
        return float(-np.sum(self.t * np.log(self.y + 1e-7)) / len(x))

    def backward(self, dout: float = 1) -> Array:
        return (self.y - self.t) / len(self.t)


class Dropout:
    def __init__(self, ratio: float = 0.4) -> None:
        self.ratio = ratio

    def forward(self, x: Array, train_flg: bool = True) -> Array:
        if not train_flg:
            return x * (1 - self.ratio)
        self.mask = np.random.rand(*x.shape) > self.ratio  # noqa: NPY002
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class BatchNorm:
    def __init__(self, gamma: Array, beta: Array) -> None:
        self.gamma, self.beta = gamma, beta
        self.running_mean: Any = None
        self.dgamma: Any = None
        self.dbeta: Any = None

    def forward(self, x: Array, train_flg: bool = True) -> Array:
        if self.running_mean is None:
            self.running_mean, self.running_var = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        if not train_flg:
            return (
                self.gamma * (x - self.running_mean) / np.sqrt(self.running_var + 1e-6) + self.beta
            )
        mu = x.mean(axis=0)
        self.xc = x - mu
        var = (self.xc**2).mean(axis=0)
        self.std = np.sqrt(var + 1e-6)
        self.xn = self.xc / self.std
        self.running_mean = 0.9 * self.running_mean + 0.1 * mu
        self.running_var = 0.9 * self.running_var + 0.1 * var
        return self.gamma * self.xn + self.beta

    def backward(self, dout: Array) -> Array:
        self.dbeta = dout.sum(axis=0)
        self.dgamma = (self.xn * dout).sum(axis=0)
        dxn = self.gamma * dout
        dstd = -np.sum(dxn * self.xc / self.std**2, axis=0)
        dxc = dxn / self.std + self.xc * dstd / self.std / len(dout)
        return dxc - dxc.mean(axis=0)


def im2col(x: Array, h: int, w: int, stride: int, pad: int) -> Array:
    n, c, height, width = x.shape
    rows, columns = (height + 2 * pad - h) // stride + 1, (width + 2 * pad - w) // stride + 1
    image = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((n, c, h, w, rows, columns), x.dtype)
    for u in range(h):
        for v in range(w):
            col[:, :, u, v] = image[
                :, :, u : u + stride * rows : stride, v : v + stride * columns : stride
            ]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * rows * columns, -1)


def col2im(
    col: Array, shape: tuple[int, ...], h: int, w: int, stride: int, pad: int, add: bool = True
) -> Array:
    n, c, height, width = shape
    rows, columns = (height + 2 * pad - h) // stride + 1, (width + 2 * pad - w) // stride + 1
    col = col.reshape(n, rows, columns, c, h, w).transpose(0, 3, 4, 5, 1, 2)
    image = np.zeros((n, c, height + 2 * pad, width + 2 * pad), col.dtype)
    for u in range(h):
        for v in range(w):
            window = image[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]
            window[...] = window + col[:, :, u, v] if add else col[:, :, u, v]
    return image[:, :, pad : height + pad, pad : width + pad]


class Convolution:
    ADDS = True

    def __init__(self, W: Array, b: Array, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.dW: Any = None
        self.db: Any = None

    def forward(self, x: Array) -> Array:
        filters, _, h, w = self.W.shape
        self.x = x
        self.col = im2col(x, h, w, self.stride, self.pad)
        rows = (x.shape[2] + 2 * self.pad - h) // self.stride + 1
        out = self.col @ self.W.reshape(filters, -1).T + self.b
        return out.reshape(len(x), rows, -1, filters).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        filters, _, h, w = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, filters)
        self.db = self.bias_gradient(dout)
        self.dW = (dout.T @ self.col).reshape(self.W.shape)
        dcol = dout @ self.W.reshape(filters, -1)
        return col2im(dcol, self.x.shape, h, w, self.stride, self.pad, self.ADDS)

    def bias_gradient(self, dout: Array) -> Array:
        return dout.sum(axis=0)


class Pooling:
    def __init__(self, size: int = 2, stride: int = 2) -> None:
        self.size, self.stride = size, stride

    def forward(self, x: Array) -> Array:
        n, c, height, width = x.shape
        rows, columns = ((s - self.size) // self.stride + 1 for s in (height, width))
        self.x = x
        col = im2col(x, self.size, self.size, self.stride, 0).reshape(-1, self.size**2)
        self.chosen = col.argmax(axis=1)
        return col.max(axis=1).reshape(n, rows, columns, c).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        dout = dout.transpose(0, 2, 3, 1)
        spread = np.zeros((dout.size, self.size**2), dout.dtype)
        spread[np.arange(dout.size), self.chosen] = dout.ravel()
        dcol = spread.reshape(int(np.prod(dout.shape[:3])), -1)
        return col2im(dcol, self.x.shape, self.size, self.size, self.stride, 0)


class Net:
    """As the book's nets: `params`, `layers` by name, `last_layer`, loss and gradient."""

    def __init__(
        self,
        params: Mapping[str, Array],
        layers: Mapping[str, Any],
        last_layer: Any = None,
        decay: float = 0.0,
    ) -> None:
        self.params = dict(params)
        self.layers = OrderedDict(layers)
        self.last_layer = last_layer or SoftmaxWithLoss()
        self.weight_decay_lambda = decay

    def predict(self, x: Array) -> Array:
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array) -> float:
        cost = sum(np.sum(W**2) for key, W in self.params.items() if key.startswith("W"))
        data = self.last_layer.forward(self.predict(x), t)
        return float(data + 0.5 * self.weight_decay_lambda * cost)

    def backward(self) -> None:
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)

    def gradient(self, x: Array, t: Array) -> dict[str, Any]:
        self.loss(x, t)
        self.backward()
        return self.collected()

    def collected(self) -> dict[str, Any]:
        grads: dict[str, Any] = {}
        for key, param in self.params.items():
            for layer in self.layers.values():
                for name in ("W", "b", "gamma", "beta"):
                    if getattr(layer, name, None) is param:
                        grads[key] = getattr(layer, f"d{name}")
            if key.startswith("W") and self.weight_decay_lambda:
                grads[key] = self.decayed(key, grads[key])
        return grads

    def decayed(self, key: str, grad: Array) -> Array:
        return grad + self.weight_decay_lambda * self.params[key]


def batch(
    shape: tuple[int, ...] = (5,), classes: int = 3, samples: int = 6, seed: int = 0
) -> tuple[Array, Any]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((samples, *shape)), rng.integers(0, classes, samples)


def affine_params(sizes: tuple[int, ...] = (5, 4, 3), seed: int = 1) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    params = {}
    for place in range(1, len(sizes)):
        params[f"W{place}"] = 0.7 * rng.standard_normal((sizes[place - 1], sizes[place]))
        params[f"b{place}"] = 0.3 * rng.standard_normal(sizes[place])
    return params


def fully_connected(
    params: Mapping[str, Array],
    affine: Any = Affine,
    activation: Any = Relu,
    last: Any = None,
    kind: type[Net] = Net,
    decay: float = 0.0,
) -> Net:
    """Affine and activation in turn, as the book's MultiLayerNet."""
    count = len(params) // 2
    layers: dict[str, Any] = {}
    for place in range(1, count + 1):
        layers[f"Affine{place}"] = affine(params[f"W{place}"], params[f"b{place}"])
        if place < count:
            layers[f"Activation{place}"] = activation()
    return kind(params, layers, last, decay)


def with_hung_gradient() -> Net:
    """A net whose gradient is a function hung onto it: in a copy too it runs this net's layers."""
    net = fully_connected(affine_params())
    of_class = net.gradient
    net.gradient = lambda x, t: of_class(x, t)  # type: ignore[method-assign]
    return net


def normalized(layer: Any = BatchNorm) -> Net:
    params = affine_params()
    params["gamma1"], params["beta1"] = np.array([0.5, 1.5, 0.8, 1.1]), np.full(4, 0.1)
    layers = {
        "Affine1": Affine(params["W1"], params["b1"]),
        "BatchNorm1": layer(params["gamma1"], params["beta1"]),
        "Relu1": Relu(),
        "Affine2": Affine(params["W2"], params["b2"]),
    }
    return Net(params, layers)


def with_dropout(layer: Any = Dropout) -> Net:
    params = affine_params((5, 8, 3))
    layers = {
        "Affine1": Affine(params["W1"], params["b1"]),
        "Relu1": Relu(),
        "Dropout1": layer(),
        "Affine2": Affine(params["W2"], params["b2"]),
    }
    return Net(params, layers)


def convolutional(conv: Any = Convolution, pool: Any = Pooling) -> Net:
    """Two convolutions, so that what the second hands back is seen, and a pooling between."""
    rng = np.random.default_rng(2)
    params = {
        "W1": 0.5 * rng.standard_normal((2, 1, 3, 3)),
        "b1": 0.1 * rng.standard_normal(2),
        "W2": 0.5 * rng.standard_normal((3, 2, 2, 2)),
        "b2": 0.1 * rng.standard_normal(3),
        "W3": 0.5 * rng.standard_normal((12, 3)),
        "b3": 0.1 * rng.standard_normal(3),
    }
    layers = {
        "Conv1": Convolution(params["W1"], params["b1"], 1, 1),
        "Pool1": pool(),
        "Conv2": conv(params["W2"], params["b2"]),
        "Relu1": Relu(),
        "Affine1": Affine(params["W3"], params["b3"]),
    }
    return Net(params, layers)


class PlainNet:
    """As the book's chapter 4: no layers, the formulas in loss and gradient themselves."""

    def __init__(self, params: Mapping[str, Array]) -> None:
        self.params = dict(params)

    def loss(self, x: Array, t: Array) -> float:
        p = self.params
        y = softmax(np.maximum(x @ p["W1"] + p["b1"], 0) @ p["W2"] + p["b2"])
        return float(-np.mean(np.log(y[np.arange(len(x)), t])))

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        p = self.params
        a1 = x @ p["W1"] + p["b1"]
        z1 = np.maximum(a1, 0)
        y = softmax(z1 @ p["W2"] + p["b2"])
        dy = (y - np.eye(y.shape[1])[t]) / len(x)
        dz1 = dy @ p["W2"].T
        da1 = dz1 * (a1 > 0)
        return {"W1": x.T @ da1, "b1": da1.sum(0), "W2": z1.T @ dy, "b2": dy.sum(0)}


class Linear:
    """A layer with its parameters and gradients in dicts."""

    def __init__(self, inputs: int, outputs: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.params = {
            "w": rng.standard_normal((inputs, outputs)),
            "b": rng.standard_normal(outputs),
        }
        self.grads: dict[str, Any] = {}

    def forward(self, inputs: Array) -> Array:
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad: Array) -> Array:
        self.grads["b"] = grad.sum(axis=0)
        self.grads["w"] = self.inputs.T @ grad
        return grad @ self.params["w"].T


class ListNet:
    """As Joel Grus's joelnet: layers keep params and grads, the loss is an object beside."""

    def __init__(self, *layers: Any) -> None:
        self.layers = list(layers)

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad: Array) -> Array:
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad


class SquaredError:
    def loss(self, predicted: Array, actual: Array) -> Any:
        return np.sum((predicted - actual) ** 2)

    def grad(self, predicted: Array, actual: Array) -> Array:
        return 2 * (predicted - actual)
