"""The functions of the book's chapters 3 and 4, under the book's names."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array, as_labels


def identity_function(x: Array) -> Array:
    """Return `x` itself, which a regression's last layer does (book 3.5)."""
    return x


def step_function(x: npt.NDArray[Any]) -> npt.NDArray[np.int_]:
    """Return 1 where x > 0, else 0 (book 3.2.2)."""
    return np.array(x > 0, dtype=int)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(−x)) (book 3.2.4)."""
    # exp overflows to infinity for what is far below 0, and 1/infinity is the right 0.
    with np.errstate(over="ignore"):
        y: Array = 1 / (1 + np.exp(-x))
    return y


def sigmoid_grad(x: Array) -> Array:
    """Return the slope of the sigmoid at x."""
    y = sigmoid(x)
    return (1 - y) * y


def relu(x: Array) -> Array:
    """Return max(0, x) (book 3.2.7)."""
    y: Array = np.maximum(0, x)
    return y


def relu_grad(x: Array) -> Array:
    """Return 1 where x ≥ 0, else 0: the book's slope of ReLU, which at 0 takes the right one."""
    grad = np.zeros_like(x)
    grad[x >= 0] = 1
    return grad


def softmax(x: Array) -> Array:
    """Return exp(x) / Σ exp(x) over the last axis, of the same shape (book 3.5).

    The row's maximum is taken off first, so that no finite score overflows.
    """
    exponentials = np.exp(x - np.max(x, axis=-1, keepdims=True))
    result: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result


def sum_squared_error(y: Array, t: Array) -> float:
    """Return ½ Σ (y − t)², over all entries (book 4.2.1)."""
    return 0.5 * float(np.sum((y - t) ** 2))


def mean_squared_error(y: Array, t: Array) -> float:
    """Return ½ Σ (y − t)², which the book's first printings call so (4.2.1): it is no mean."""
    return sum_squared_error(y, t)


def cross_entropy_error(y: Array, t: Array) -> float:
    """Return the mean of -log y[n, tₙ] over the batch, in nats (book 4.2).

    Args:
        y: probabilities, shape (N, classes), or (classes,) for one sample.
        t: class indices, shape (N,), or one-hot rows of y's shape.

    The book adds 1e-7 inside the log to dodge log 0; here a probability of 0 counts as the
    smallest positive number of its type instead, which leaves every other loss exact.
    """
    rows = np.atleast_2d(y)
    labels = as_labels(t, rows.shape)
    picked = rows[np.arange(rows.shape[0]), labels]
    if picked.dtype.kind != "f":
        picked = picked.astype(np.float64)
    return float(-np.log(np.maximum(picked, np.finfo(picked.dtype).tiny)).mean())


def softmax_loss(x: Array, t: Array) -> float:
    """Return the cross-entropy error of softmax(x)."""
    return cross_entropy_error(softmax(x), t)
