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
        ValueError: `t` fits neither form.
    """
    targets = np.asarray(t)
    if targets.ndim == 1 and targets.dtype.kind in "iu" and targets.shape[0] == shape[0]:
        return targets
    if targets.size == shape[0] * shape[1] and targets.shape[-1:] == shape[-1:]:
        rows = targets.reshape(shape)
        labels: Labels = rows.argmax(axis=1)
        if np.count_nonzero(rows) != shape[0] or not np.all(rows[np.arange(shape[0]), labels] == 1):
            raise ValueError("targets as rows must be one-hot: a single 1 in each row")
        return labels
    if targets.size == shape[0] and targets.dtype.kind in "iu":
        return targets.reshape(shape[0])
    raise ValueError(
        f"targets of shape {targets.shape} and type {targets.dtype} fit neither class indices "
        f"({shape[0]},) nor one-hot rows {shape}"
    )
