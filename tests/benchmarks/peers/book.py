"""The book's chapter 5 written anew: float64 layers, its loop with a second forward pass."""

from collections.abc import Callable

import numpy as np

from tests.benchmarks.peers import BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn.arrays import Array

# The book draws from NumPy's global generator; a legacy one of our own costs the same.


def softmax(x: Array) -> Array:
    columns = x.T
    columns = columns - np.max(columns, axis=0)
    result: Array = (np.exp(columns) / np.sum(np.exp(columns), axis=0)).T
    return result


def cross_entropy_error(y: Array, t: Array) -> float:
    labels = t.argmax(axis=1)
    size = y.shape[0]
    return float(-np.sum(np.log(y[np.arange(size), labels] + 1e-7)) / size)


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.x = x
        out: Array = np.dot(x, self.W) + self.b
        return out

    def backward(self, dout: Array) -> Array:
        dx: Array = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class Net:
    """Affine, ReLU, Affine and softmax with loss, as the book's TwoLayerNet composes them."""

    def __init__(self, inputs: int, hidden: int, classes: int, rng: np.random.RandomState) -> None:
        self.params = {
            "W1": 0.01 * rng.randn(inputs, hidden),
            "b1": np.zeros(hidden),
            "W2": 0.01 * rng.randn(hidden, classes),
            "b2": np.zeros(classes),
        }
        self.first = Affine(self.params["W1"], self.params["b1"])
        self.relu = Relu()
        self.last = Affine(self.params["W2"], self.params["b2"])

    def predict(self, x: Array) -> Array:
        for layer in (self.first, self.relu, self.last):
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array) -> float:
        self.y, self.t = softmax(self.predict(x)), t
        return cross_entropy_error(self.y, t)

    def accuracy(self, x: Array, t: Array) -> float:
        guesses = np.argmax(self.predict(x), axis=1)
        return float(np.sum(guesses == np.argmax(t, axis=1)) / x.shape[0])

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        self.loss(x, t)
        dout = (self.y - self.t) / self.t.shape[0]
        for layer in (self.last, self.relu, self.first):
            dout = layer.backward(dout)
        return {
            "W1": self.first.dW,
            "b1": self.first.db,
            "W2": self.last.dW,
            "b2": self.last.db,
        }


class Book:
    """Its script: float32 images as its loader gives them, one-hot targets, float64 weights."""

    def __init__(self, data: Dataset, hidden: int) -> None:
        self.rng = np.random.RandomState(0)
        scale = np.float32(data.scale)
        self.x_train, self.x_test = (
            x.astype(np.float32) / scale for x in (data.x_train, data.x_test)
        )
        one_hot = np.eye(data.class_count)
        self.t_train, self.t_test = one_hot[data.t_train], one_hot[data.t_test]
        self.net = Net(data.input_size, hidden, data.class_count, self.rng)
        self.losses: list[float] = []
        self.evaluations: list[tuple[float, float]] = []

    def iterate(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def run_script(self, iterations: int, evaluated: Callable[[int], bool]) -> None:
        """Train, with both accuracies whenever `evaluated` says so of the iterations made."""
        for number in range(iterations + 1):
            if evaluated(number):
                self.evaluations.append(
                    (
                        self.net.accuracy(self.x_train, self.t_train),
                        self.net.accuracy(self.x_test, self.t_test),
                    )
                )
            if number < iterations:
                self.step()

    def step(self) -> None:
        mask = self.rng.choice(self.x_train.shape[0], BATCH_SIZE)
        x, t = self.x_train[mask], self.t_train[mask]
        grad = self.net.gradient(x, t)
        for key in ("W1", "b1", "W2", "b2"):
            self.net.params[key] -= LEARNING_RATE * grad[key]
        self.losses.append(self.net.loss(x, t))
