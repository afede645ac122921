"""softmax and cross-entropy error, as the book's chapters 3 and 4 define them."""

import numpy as np

from tui_backprop.nn.arrays import Array, as_labels


def softmax(x: Array) -> Array:
    """Return exp(x) / Σ exp(x) over the last axis, of the same shape (book 3.5).

    The row's maximum is taken off first, so that no finite score overflows.
    """
    exponentials = np.exp(x - np.max(x, axis=-1, keepdims=True))
    result: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result


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
