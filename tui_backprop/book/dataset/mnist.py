"""MNIST as the book's scripts ask for it, and as Keras gives it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.mnist import load_mnist as load_dataset

Part = tuple[NDArray[Any], NDArray[Any]]
"""Images and labels."""


def load_mnist(
    normalize: bool = True,
    flatten: bool = True,
    one_hot_label: bool = False,
) -> tuple[Part, Part]:
    """Return ((x_train, t_train), (x_test, t_test)), as the function of that name (book 3.6.1).

    Args:
        normalize: images as float32 from 0 to 1, otherwise as uint8 from 0 to 255.
        flatten: images of shape (N, 784), otherwise (N, 1, 28, 28).
        one_hot_label: labels as one-hot rows (N, 10), otherwise as class indices (N,).

    Raises:
        DatasetError: the installed files are damaged or missing.
    """
    data = load_dataset()

    def part(x: NDArray[Any], t: NDArray[Any]) -> Part:
        images = x.astype(np.float32) / np.float32(data.scale) if normalize else x.copy()
        labels = np.eye(data.class_count)[t] if one_hot_label else t.copy()
        return images if flatten else images.reshape(-1, 1, 28, 28), labels

    return part(data.x_train, data.t_train), part(data.x_test, data.t_test)


def load_data() -> tuple[Part, Part]:
    """Return ((x_train, y_train), (x_test, y_test)) in the form of keras.datasets.mnist.

    Images are uint8 from 0 to 255, shape (N, 28, 28), labels uint8, shape (N,).

    Raises:
        DatasetError: the installed files are damaged or missing.
    """
    (x_train, t_train), (x_test, t_test) = load_mnist(normalize=False)
    return (
        (x_train.reshape(-1, 28, 28), t_train.astype(np.uint8)),
        (x_test.reshape(-1, 28, 28), t_test.astype(np.uint8)),
    )
