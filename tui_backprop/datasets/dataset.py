"""Dataset: training and test samples with what is to be learned of them, checked and read-only."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.catalog import Task
from tui_backprop.datasets.errors import DatasetError

Samples = NDArray[np.uint8] | NDArray[np.float32]
Labels = NDArray[np.intp]
Values = NDArray[np.float32]
Targets = NDArray[Any]
"""Labels or Values: the task says which of the two."""

MAX_CLASSES = 1000
"""More classes than this are taken for a mistake: a stray label would size the output layer."""

MAX_TARGETS = 1000
"""More numbers than this to a sample are taken for a mistake too."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples `x` and their targets `t`, for training and for testing.

    The arrays are kept as C-contiguous, read-only views; raw pixels stay uint8, a quarter of
    their float32 size. A network's input is `x / scale`, computed in the training dtype.

    Attributes:
        name: what the user called it, printable.
        x_train, x_test: (N, D) uint8 or finite float32, one sample a row; of a picture channel by
            channel, each row by row.
        t_train, t_test: of a classification (N,) labels, each an index into `class_names`; of a
            regression (N, outputs) finite float32.
        scale: divisor that brings `x` to about 0..1 (255 for pixels, 1 for float data).
        image_shape: (height, width) where a sample is a picture.
        class_names: one name a class; of a regression none.
        task: which of the two it is.
        target_names: of a regression one name an output; of a classification none.
        feature_names: one name for each of the D values, or none.
        channels: of a picture: channels * height * width == D.

    Raises:
        DatasetError: parts that do not fit together, no samples, stray labels, infinities.
    """

    name: str
    x_train: Samples
    t_train: Targets
    x_test: Samples
    t_test: Targets
    scale: float = 1.0
    image_shape: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()
    task: Task = "classification"
    target_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    channels: int = 1

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
        if math.prod(self.sample_shape) != self.input_size:
            image = "x".join(map(str, self.sample_shape))
            raise self._error(f"{self.input_size} values a sample make no {image} image")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise self._error(f"scale is {self.scale}, expected a positive number")
        if self.feature_names and len(self.feature_names) != self.input_size:
            raise self._error(
                f"{len(self.feature_names)} feature names for {self.input_size} values a sample"
            )
        if self.task == "regression":
            self._check_regression()
        else:
            self._check_classification()
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

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (channels, height, width) of a picture, otherwise (D,)."""
        if self.image_shape is None:
            return (self.input_size,)
        return (self.channels, *self.image_shape)

    @property
    def class_count(self) -> int:
        """Number of classes; of a regression 0."""
        return len(self.class_names)

    @property
    def output_size(self) -> int:
        """Numbers that a network gives for a sample: one a class, or one a target."""
        return self.class_count or len(self.target_names)

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
        self._check_finite(field, x)

    def _check_classification(self) -> None:
        if self.target_names:
            raise self._error("a classification has class names, but no target names")
        if not 1 <= self.class_count <= MAX_CLASSES:
            raise self._error(f"{self.class_count} classes, expected 1 to {MAX_CLASSES}")
        for field, t, count in self._targets():
            if t.ndim != 1 or t.dtype != np.intp:
                raise self._error(
                    f"{field} is {t.ndim}-D {t.dtype}, expected (N,) of {np.intp(0).dtype}"
                )
            if t.shape[0] != count:
                raise self._error(f"{field} holds {t.shape[0]} labels for {count} samples")
            stray = np.flatnonzero((t < 0) | (t >= self.class_count))
            if stray.size:
                raise self._error(
                    f"{field}[{stray[0]}] is label {t[stray[0]]}, "
                    f"expected 0 to {self.class_count - 1}"
                )

    def _check_regression(self) -> None:
        if self.class_names:
            raise self._error("a regression has target names, but no class names")
        outputs = len(self.target_names)
        if not 1 <= outputs <= MAX_TARGETS:
            raise self._error(f"{outputs} targets, expected 1 to {MAX_TARGETS}")
        for field, t, count in self._targets():
            if t.ndim != 2 or t.dtype != np.float32:
                raise self._error(
                    f"{field} is {t.ndim}-D {t.dtype}, expected (N, {outputs}) of float32"
                )
            if t.shape != (count, outputs):
                raise self._error(
                    f"{field} is {t.shape[0]} x {t.shape[1]}, expected {count} x {outputs}"
                )
            self._check_finite(field, t)

    def _targets(self) -> Iterator[tuple[str, Targets, int]]:
        """Yield name, array and how many samples it must have."""
        yield "t_train", self.t_train, self.train_size
        yield "t_test", self.t_test, self.test_size

    def _check_finite(self, field: str, array: Samples | Values) -> None:
        # min and max carry a NaN or infinity along without a temporary as large as the array.
        if not (np.isfinite(array.min()) and np.isfinite(array.max())):
            row, column = np.argwhere(~np.isfinite(array))[0]
            raise self._error(
                f"{field}[{row}, {column}] is {array[row, column]}, "
                "expected numbers finite in float32"
            )
