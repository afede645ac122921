"""What a screen shows of a whole array: a few numbers, heat levels, a map in few cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index

Levels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ArraySummary:
    """An array in a few numbers, computed in float64.

    All but the shape, `zero_share` and `non_finite` are of the finite entries alone, and nan
    where there are none. `norm` is Euclidean; `non_finite` counts the nan and infinite entries.
    """

    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    norm: float
    zero_share: float
    non_finite: int


def summarize(array: Array) -> ArraySummary:
    """Return the summary of an array of any shape.

    Raises:
        ValueError: the array has no entry.
    """
    if not array.size:
        raise ValueError(f"an array of shape {array.shape} has nothing to summarize")
    values = array.astype(np.float64).ravel()
    zero_share = float(np.mean(values == 0))
    finite = values[np.isfinite(values)]
    non_finite = values.size - finite.size
    if not finite.size:
        nan = float("nan")
        return ArraySummary(array.shape, nan, nan, nan, nan, zero_share, non_finite)
    largest = float(np.abs(finite).max())
    # Divided by the largest, no square or sum can overflow.
    scaled = finite / largest if largest else finite
    return ArraySummary(
        array.shape,
        float(finite.min()),
        float(finite.max()),
        float(scaled.mean()) * (largest or 1.0),
        float(np.sqrt(np.dot(scaled, scaled))) * largest,
        zero_share,
        non_finite,
    )


def strongest_cell(array: Array) -> Index:
    """Return the index of an array's entry of the largest magnitude, the first if several."""
    magnitude = np.nan_to_num(np.abs(array.astype(np.float64)), nan=-1.0)
    return tuple(int(i) for i in np.unravel_index(magnitude.argmax(), array.shape))


def heat_levels(array: Array, steps: int, largest: float | None = None) -> Levels:
    """Return a level from -steps to steps for each entry, 0 for what is 0 or not finite.

    Levels are linear in the value; every other finite value gets at least level 1 of its sign.

    Args:
        array: of any shape.
        steps: levels on each side of 0, 1 to 127.
        largest: the magnitude that gets the outermost level; the array's own if not given.
    """
    with np.errstate(all="ignore"):
        values = np.where(np.isfinite(array), array, 0).astype(np.float64)
        magnitude = np.abs(values)
        if largest is None:
            largest = float(magnitude.max(initial=0.0))
        if not largest > 0:
            return np.zeros(array.shape, np.int8)
        level = np.clip(np.ceil(magnitude / largest * steps), 1, steps)
    return np.where(magnitude > 0, np.sign(values) * level, 0).astype(np.int8)


def minimap(matrix: Array, rows: int, columns: int) -> Array:
    """Return the matrix in at most rows x columns cells: of each block its strongest entry.

    That is the one of the largest magnitude, with its sign; a block with a nan is nan. Cell (r, c)
    covers the rows that `minimap_edges(matrix.shape[0], rows)` says, and likewise the columns.

    Raises:
        ValueError: not a matrix with entries, or no cell to draw it in.
    """
    if matrix.ndim != 2 or not matrix.size or rows < 1 or columns < 1:
        raise ValueError(f"no map of shape ({rows}, {columns}) of an array of {matrix.shape}")
    starts = [minimap_edges(n, m)[:-1] for n, m in zip(matrix.shape, (rows, columns), strict=True)]
    highest: npt.NDArray[Any] = matrix
    lowest: npt.NDArray[Any] = matrix
    for axis, start in enumerate(starts):
        highest = np.maximum.reduceat(highest, start, axis=axis)
        lowest = np.minimum.reduceat(lowest, start, axis=axis)
    strongest: Array = np.where(-lowest > highest, lowest, highest)
    return strongest


def minimap_edges(size: int, cells: int) -> npt.NDArray[np.intp]:
    """Return where each of at most `cells` even blocks of `size` rows starts, and the end."""
    cells = min(size, cells)
    return np.arange(cells + 1) * size // cells
