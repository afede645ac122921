"""Dataset: training and test samples with their labels, checked and read-only."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.errors import DatasetError

Samples = NDArray[np.uint8] | NDArray[np.float32]
Labels = NDArray[np.intp]

MAX_CLASSES = 1000
"""More classes than this are taken for a mistake: a stray label would size the output layer."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples `x` and integer labels `t`, for training and for testing.

    The arrays are kept as C-contiguous, read-only views; raw pixels stay uint8, a quarter of
    their float32 size. A network's input is `x / scale`, computed in the training dtype.

    Attributes:
        name: what the user called it, printable.
        x_train, x_test: (N, D) uint8 or finite float32, one sample a row.
        t_train, t_test: (N,) labels, each an index into `class_names`.
        scale: divisor that brings `x` to about 0..1 (255 for pixels, 1 for float data).
        image_shape: (height, width) with height * width == D where a sample is a picture.
        class_names: one name a class.

    Raises:
        DatasetError: parts that do not fit together, no samples, stray labels, infinities.
    """

    name: str
    x_train: Samples
    t_train: Labels
    x_test: Samples
    t_test: Labels
    scale: float
    image_shape: tuple[int, int] | None
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_samples("x_train", self.x_train)
        self._check_samples("x_test", self.x_test)
        if self.x_train.dtype != self.x_test.dtype:
            raise self._error(f"x_test is {self.x_test.dtype}, but x_train is {self.x_train.dtype}")
        if self.x_train.shape[1] != self.x_test.shape[1]:
            raise self._error(
                f"x_test has {self.x_test.shape[1]} values a sample, "
                f"but x_train has {self.x_train.shape[1]}"
            )
        if self.image_shape is not None and math.prod(self.image_shape) != self.input_size:
            height, width = self.image_shape
            raise self._error(f"{self.input_size} values a sample make no {height}x{width} image")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise self._error(f"scale is {self.scale}, expected a positive number")
        if not 1 <= self.class_count <= MAX_CLASSES:
            raise self._error(f"{self.class_count} classes, expected 1 to {MAX_CLASSES}")
        self._check_labels("t_train", self.t_train, self.train_size)
        self._check_labels("t_test", self.t_test, self.test_size)
        for field in ("x_train", "t_train", "x_test", "t_test"):
            # A view, so that the caller's own array is not locked.
            view = np.ascontiguousarray(getattr(self, field)).view()
            view.flags.writeable = False
            object.__setattr__(self, field, view)

    @property
    def train_size(self) -> int:
        """Number of training samples."""
        return len(self.x_train)

    @property
    def test_size(self) -> int:
        """Number of test samples."""
        return len(self.x_test)

    @property
    def input_size(self) -> int:
        """Values in one sample: the D of (N, D)."""
        return int(self.x_train.shape[1])

    task = "classification"

    @property
    def output_size(self) -> int:
        """Number of outputs."""
        return self.class_count

    @property
    def class_count(self) -> int:
        """Number of classes, which is the network's output size."""
        return len(self.class_names)

    def _error(self, fault: str) -> DatasetError:
        return DatasetError(f"{self.name}: {fault}")

    def _check_samples(self, field: str, x: Samples) -> None:
        if x.ndim != 2 or x.dtype not in (np.uint8, np.float32):
            raise self._error(
                f"{field} is {x.ndim}-D {x.dtype}, expected (N, D) of uint8 or float32"
            )
        if x.size == 0:
            raise self._error(
                f"{field} is {x.shape[0]} x {x.shape[1]}, expected at least one sample and value"
            )
        # min and max carry a NaN or infinity along without a temporary as large as x.
        if not (np.isfinite(x.min()) and np.isfinite(x.max())):
            row, column = np.argwhere(~np.isfinite(x))[0]
            raise self._error(
                f"{field}[{row}, {column}] is {x[row, column]}, expected numbers finite in float32"
            )

    def _check_labels(self, field: str, t: Labels, count: int) -> None:
        if t.ndim != 1 or t.dtype != np.intp:
            raise self._error(
                f"{field} is {t.ndim}-D {t.dtype}, expected (N,) of {np.intp(0).dtype}"
            )
        if t.shape[0] != count:
            raise self._error(f"{field} holds {t.shape[0]} labels for {count} samples")
        stray = np.flatnonzero((t < 0) | (t >= self.class_count))
        if stray.size:
            raise self._error(
                f"{field}[{stray[0]}] is label {t[stray[0]]}, expected 0 to {self.class_count - 1}"
            )
