"""The book's helpers: curves, shuffling, and windows side by side (5.7, 7.4)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.windows import add_windows, padded, windows_of

_WINDOW = 11


def smooth_curve(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return a curve smoothed by a Kaiser window of 11 points; it has as many points as before."""
    points = np.asarray(x, np.float64)
    mirrored = np.r_[points[_WINDOW - 1 : 0 : -1], points, points[-1:-_WINDOW:-1]]
    window = np.kaiser(_WINDOW, 2)
    smooth: npt.NDArray[np.float64] = np.convolve(window / window.sum(), mirrored, mode="valid")
    return smooth[_WINDOW // 2 : len(smooth) - _WINDOW // 2]


def shuffle_dataset(
    x: npt.NDArray[Any], t: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return samples and targets in one new order."""
    order = np.random.permutation(len(x))  # noqa: NPY002 - the book's scripts seed this one
    return x[order], t[order]


def conv_output_size(input_size: int, filter_size: int, stride: int = 1, pad: int = 0) -> float:
    """Return how many windows fit along one axis."""
    return (input_size + 2 * pad - filter_size) / stride + 1


def im2col(input_data: Array, filter_h: int, filter_w: int, stride: int = 1, pad: int = 0) -> Array:
    """Return every window of pictures (N, C, H, W) as a row: (N · windows, C · h · w)."""
    windows = windows_of(padded(input_data, pad), (filter_h, filter_w), stride)
    n, c, h, w, rows, columns = windows.shape
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(n * rows * columns, c * h * w)


def col2im(
    col: Array,
    input_shape: tuple[int, int, int, int],
    filter_h: int,
    filter_w: int,
    stride: int = 1,
    pad: int = 0,
) -> Array:
    """Return pictures in each cell of which is the sum of what the windows' rows hold of it."""
    n, c, height, width = input_shape
    rows = (height + 2 * pad - filter_h) // stride + 1
    columns = (width + 2 * pad - filter_w) // stride + 1
    windows = col.reshape(n, rows, columns, c, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    total = np.zeros((n, c, height + 2 * pad, width + 2 * pad), col.dtype)
    add_windows(total, windows, stride)
    return total[:, :, pad : pad + height, pad : pad + width]
