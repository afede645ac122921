"""Windows that slide over pictures, for layers that take samples as (channels, height, width)."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Inputs, Shape


def stride_and_pad(inputs: Inputs) -> tuple[int, int]:
    """Return s and p, of a convolution's operation."""
    return int(inputs["s"]), int(inputs["p"])


def window_counts(height: int, width: int, size: Shape, stride: int) -> tuple[int, int]:
    """Return how many windows of this size fit below and beside each other.

    Raises:
        ValueError: not even one does.
    """
    if size[0] > height or size[1] > width:
        raise ValueError(f"a window of {size[0]}x{size[1]} does not fit into {height}x{width}")
    return (height - size[0]) // stride + 1, (width - size[1]) // stride + 1


def as_picture(sample: Shape) -> tuple[int, int, int]:
    """Return the shape of a sample as (channels, height, width).

    Raises:
        ValueError: it has none such.
    """
    if len(sample) != 3:
        raise ValueError(
            f"samples of shape ({','.join(map(str, sample))}) are no pictures (channels, height,"
            " width)"
        )
    channels, height, width = sample
    return channels, height, width


def windows_of(x: Array, size: Shape, stride: int) -> Array:
    """Return a view (N, C, h, w, rows, columns): x[n,c,i·s+u,j·s+v] at [n,c,u,v,i,j]."""
    rows, columns = window_counts(x.shape[2], x.shape[3], size, stride)
    n, c, y, z = x.strides
    return as_strided(
        x,
        (*x.shape[:2], *size, rows, columns),
        (n, c, y, z, stride * y, stride * z),
        writeable=False,
    )


def window_places(x: Array, size: Shape, stride: int) -> Iterator[Array]:
    """Yield for each place in a window, row by row, the cells of x there: (N, C, rows, columns)."""
    rows, columns = window_counts(x.shape[2], x.shape[3], size, stride)
    for u, v in np.ndindex(*size):
        yield x[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]


def add_windows(total: Array, windows: Array, stride: int) -> None:
    """Add to each cell of `total`, (N, C, H, W), what `windows`, as above, hold of it."""
    size = windows.shape[2:4]
    for (u, v), part in zip(np.ndindex(*size), window_places(total, size, stride), strict=True):
        part += windows[:, :, u, v]


def covering(place: int, size: int, stride: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield each of `count` windows along one axis that holds this place, and where in it it is."""
    for window in range(max(0, -(-(place - size + 1) // stride)), min(count, place // stride + 1)):
        yield window, place - window * stride


def padded(x: Array, pad: int) -> Array:
    """Return `x` with `pad` zeros at every edge of its pictures; without any, `x` itself."""
    if not pad:
        return x
    n, c, height, width = x.shape
    larger = np.zeros((n, c, height + 2 * pad, width + 2 * pad), x.dtype)
    larger[:, :, pad : pad + height, pad : pad + width] = x
    return larger


def sum_windows(windows: Array, W: Array, b: Array, out: Array) -> Array:
    """Write Σ window × filter + b into `out`, shape (N, filters, rows, columns)."""
    flat = _flat_pictures(out)
    samples, filters, count = flat.shape
    np.matmul(W.reshape(filters, -1), windows.reshape(samples, -1, count), out=flat)
    flat += b[:, np.newaxis]
    return out


def multiply_windows(dout: Array, windows: Array, by_sample: Array, dW: Array) -> Array:
    """Write Σ window × dout, over all windows of all samples, into `dW`."""
    dout = _flat_pictures(dout)
    rows = windows.reshape(len(dout), -1, dout.shape[2])
    np.matmul(dout, rows.transpose(0, 2, 1), out=by_sample)
    np.add.reduce(by_sample, axis=0, out=dW.reshape(by_sample.shape[1:]))
    return dW


def sum_pictures(dout: Array, db: Array) -> Array:
    """Write the sum over samples and windows, of each filter, into `db`."""
    np.add.reduce(np.add.reduce(_flat_pictures(dout), axis=2), axis=0, out=db)
    return db


def spread(dout: Array, W: Array, windows: Array, total: Array, stride: int, pad: int) -> Array:
    """Return dx: in each cell the sum over the windows that hold it, of dout times the filter."""
    dout = _flat_pictures(dout)
    filters = W.reshape(len(W), -1)
    np.matmul(filters.T, dout, out=windows.reshape(len(dout), -1, dout.shape[2]))
    total.fill(0)
    add_windows(total, windows, stride)
    height, width = total.shape[2] - pad, total.shape[3] - pad
    return np.ascontiguousarray(total[:, :, pad:height, pad:width])


def _flat_pictures(array: Array) -> Array:
    """Return (N, C, H, W) as (N, C, H · W)."""
    return array.reshape(*array.shape[:2], -1)
