"""The array types the maths speaks of, and how targets are read."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]


def as_labels(t: npt.ArrayLike, shape: tuple[int, ...]) -> Labels:
    """Return targets as the index of the right class of each sample, shape (N,).

    `t` holds either class indices, shape (N,), or one-hot rows of the scores' `shape` (N, classes).

    Raises:
        ValueError: `t` fits neither form, or names a class there is no score for.
    """
    targets = np.asarray(t)
    size, classes = shape
    whole = targets.dtype.kind in "iu"
    if whole and targets.shape == (size,):
        return _known_classes(targets, classes)
    if targets.size == size * classes and targets.shape[-1:] == (classes,):
        return _one_hot_columns(targets.reshape(shape))
    if whole and targets.size == size:
        return _known_classes(targets.reshape(size), classes)
    raise ValueError(
        f"targets of shape {targets.shape} and type {targets.dtype} fit neither class indices "
        f"({size},) nor one-hot rows {shape}"
    )


def _known_classes(targets: Labels, classes: int) -> Labels:
    labels: Labels = targets.astype(np.intp, copy=False)
    # As an unsigned number a negative one is huge: one pass checks both bounds.
    if labels.size and np.maximum.reduce(labels.view(np.uintp)) >= classes:
        stray = targets[(targets < 0) | (targets >= classes)][0]
        raise ValueError(f"target {stray}: must be a class from 0 to {classes - 1}")
    return labels


def _one_hot_columns(rows: npt.NDArray[Any]) -> Labels:
    labels: Labels = rows.argmax(axis=1)
    if np.count_nonzero(rows) != len(rows) or not np.all(rows[np.arange(len(rows)), labels] == 1):
        raise ValueError("targets as rows must be one-hot: a single 1 in each row")
    return labels


def row_squares(array: Array) -> Array:
    """Return Σ a² of each of an array's rows, whatever they are made of: shape (rows,)."""
    rows = array.reshape(len(array), -1)
    squares: Array = np.einsum("ij,ij->i", rows, rows)
    return squares
