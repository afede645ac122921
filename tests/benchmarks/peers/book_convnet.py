"""The book's chapter 7 written anew: every window a row of a matrix, in float64, and Adam."""

from typing import Protocol

import numpy as np

from tests.benchmarks.peers import ADAM_LEARNING_RATE, BATCH_SIZE
from tests.benchmarks.peers.book import Affine, Relu, cross_entropy_error, softmax
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn.arrays import Array

FILTERS, SIZE, POOL, HIDDEN = 30, 5, 2, 100


def windows_in_rows(x: Array, size: int, stride: int) -> Array:
    """Return a row for each window of pictures (N, C, H, W), gathered place by place."""
    samples, channels, height, width = x.shape
    rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    places = np.zeros((samples, channels, size, size, rows, columns))
    for u in range(size):
        for v in range(size):
            places[:, :, u, v] = x[
                :, :, u : u + stride * rows : stride, v : v + stride * columns : stride
            ]
    return places.transpose(0, 4, 5, 1, 2, 3).reshape(samples * rows * columns, -1)


def pictures_of_rows(matrix: Array, shape: tuple[int, ...], size: int, stride: int) -> Array:
    """Return pictures of that shape, in each cell the sum of what the windows over it hold."""
    samples, channels, height, width = shape
    rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    places = matrix.reshape(samples, rows, columns, channels, size, size)
    places = places.transpose(0, 3, 4, 5, 1, 2)
    pictures = np.zeros(shape)
    for u in range(size):
        for v in range(size):
            pictures[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride] += (
                places[:, :, u, v]
            )
    return pictures


class Step(Protocol):
    def forward(self, x: Array) -> Array: ...
    def backward(self, dout: Array) -> Array: ...


class Convolution:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        filters, _, size, _ = self.W.shape
        rows, columns = x.shape[2] - size + 1, x.shape[3] - size + 1
        self.shape = x.shape
        self.col = windows_in_rows(x, size, 1)
        self.col_W = self.W.reshape(filters, -1).T
        out: Array = np.dot(self.col, self.col_W) + self.b
        return out.reshape(len(x), rows, columns, filters).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        filters, _, size, _ = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, filters)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout).transpose(1, 0).reshape(self.W.shape)
        return pictures_of_rows(np.dot(dout, self.col_W.T), self.shape, size, 1)


class Pooling:
    def forward(self, x: Array) -> Array:
        samples, channels, height, width = x.shape
        self.shape = x.shape
        windows = windows_in_rows(x, POOL, POOL).reshape(-1, POOL * POOL)
        self.chosen = np.argmax(windows, axis=1)
        out = np.max(windows, axis=1).reshape(samples, height // POOL, width // POOL, channels)
        pooled: Array = out.transpose(0, 3, 1, 2)
        return pooled

    def backward(self, dout: Array) -> Array:
        dout = dout.transpose(0, 2, 3, 1)
        windows = np.zeros((dout.size, POOL * POOL))
        windows[np.arange(self.chosen.size), self.chosen] = dout.flatten()
        rows = windows.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return pictures_of_rows(rows, self.shape, POOL, POOL)


class Adam:
    def __init__(self, lr: float) -> None:
        self.lr, self.steps = lr, 0
        self.m: dict[str, Array] = {}
        self.v: dict[str, Array] = {}

    def update(self, params: dict[str, Array], grads: dict[str, Array]) -> None:
        self.steps += 1
        rate = self.lr * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for key, grad in grads.items():
            m = self.m.setdefault(key, np.zeros_like(grad))
            v = self.v.setdefault(key, np.zeros_like(grad))
            m += (1 - 0.9) * (grad - m)
            v += (1 - 0.999) * (grad**2 - v)
            params[key] -= rate * m / (np.sqrt(v) + 1e-7)


class BookConvNet:
    """Its SimpleConvNet and its loop, which takes the loss of each minibatch once more."""

    def __init__(self, data: Dataset) -> None:
        self.rng = np.random.RandomState(0)
        channels, height, width = data.sample_shape
        pooled = FILTERS * ((height - SIZE + 1) // POOL) * ((width - SIZE + 1) // POOL)
        p: dict[str, Array] = {
            "W1": 0.01 * self.rng.randn(FILTERS, channels, SIZE, SIZE),
            "b1": np.zeros(FILTERS),
            "W2": 0.01 * self.rng.randn(pooled, HIDDEN),
            "b2": np.zeros(HIDDEN),
            "W3": 0.01 * self.rng.randn(HIDDEN, data.class_count),
            "b3": np.zeros(data.class_count),
        }
        self.params = p
        self.conv = Convolution(p["W1"], p["b1"])
        self.first, self.last = Affine(p["W2"], p["b2"]), Affine(p["W3"], p["b3"])
        self.on_pictures: tuple[Step, ...] = (self.conv, Relu(), Pooling())
        self.on_rows: tuple[Step, ...] = (self.first, Relu(), self.last)
        self.adam = Adam(ADAM_LEARNING_RATE)
        images = data.x_train.astype(np.float32) / np.float32(data.scale)
        self.x_train = images.reshape(-1, channels, height, width)
        self.t_train = np.eye(data.class_count)[data.t_train]
        self.losses: list[float] = []

    def loss(self, x: Array, t: Array) -> float:
        for layer in self.on_pictures:
            x = layer.forward(x)
        self.pooled_shape = x.shape
        x = x.reshape(len(x), -1)
        for layer in self.on_rows:
            x = layer.forward(x)
        self.y, self.t = softmax(x), t
        return cross_entropy_error(self.y, t)

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        self.loss(x, t)
        dout: Array = (self.y - self.t) / len(t)
        for layer in reversed(self.on_rows):
            dout = layer.backward(dout)
        dout = dout.reshape(self.pooled_shape)
        for layer in reversed(self.on_pictures):
            dout = layer.backward(dout)
        return {
            "W1": self.conv.dW,
            "b1": self.conv.db,
            "W2": self.first.dW,
            "b2": self.first.db,
            "W3": self.last.dW,
            "b3": self.last.db,
        }

    def iterate(self, count: int) -> None:
        for _ in range(count):
            mask = self.rng.choice(len(self.x_train), BATCH_SIZE)
            x, t = self.x_train[mask], self.t_train[mask]
            self.adam.update(self.params, self.gradient(x, t))
            self.losses.append(self.loss(x, t))
