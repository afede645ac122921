"""MNIST as the book's scripts ask for it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets import mnist

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
    data = mnist.load_mnist()

    def part(x: NDArray[Any], t: NDArray[Any]) -> Part:
        images = x.astype(np.float32) / np.float32(data.scale) if normalize else x.copy()
        labels = np.eye(data.class_count)[t] if one_hot_label else t.copy()
        return images if flatten else images.reshape(-1, 1, 28, 28), labels

    return part(data.x_train, data.t_train), part(data.x_test, data.t_test)
