"""What arrays of targets mean: classes by number, one-hot or by name, or numbers to fit.

- integers (N,) or (N, 1) are labels from 0;
- integers or booleans (N, classes), or floats with a single 1 among zeros in each row, are one-hot;
- text (N,) or (N, 1) names classes, which are put in the order of their names;
- floats (N,) or (N, 1) are labels where all are whole numbers from 0 to 19; all others, (N,) or
  (N, outputs), are numbers to fit: a regression.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.catalog import Task
from tui_backprop.datasets.dataset import MAX_CLASSES, Labels, Targets, Values
from tui_backprop.printable import printable

MAX_FLOAT_CLASSES = 20
"""Floats that are whole may be ages or counts as well as labels: larger ones are numbers to fit."""

MAX_NAME_LENGTH = 60

Raw = NDArray[Any]


class TargetError(ValueError):
    """What is wrong with the targets; the message names the array."""


@dataclass(frozen=True)
class DecodedTargets:
    """Targets as `Dataset` takes them, with what they are called."""

    task: Task
    t_train: Targets
    t_test: Targets
    class_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()


def decode_targets(train: Raw, test: Raw) -> DecodedTargets:
    """Return the targets that `train` and `test` stand for, by the rules above.

    Raises:
        TargetError: stray labels, rows that are not one-hot, names that no training sample has,
            or parts of two kinds.
    """
    train, test = (t[:, 0] if t.ndim == 2 and t.shape[1] == 1 else t for t in (train, test))
    if train.dtype.kind in "US" or test.dtype.kind in "US":
        return _by_name(train, test)
    if any(t.dtype.kind == "f" and not _are_classes(t) for t in (train, test)):
        t_train, t_test = _values(train), _values(test)
        outputs = t_train.shape[1]
        names = ("t",) if outputs == 1 else tuple(f"t{output}" for output in range(outputs))
        return DecodedTargets("regression", t_train, t_test, target_names=names)
    train_labels, train_classes = _labels(train, "t_train")
    test_labels, test_classes = _labels(test, "t_test")
    if train.ndim == test.ndim == 2 and train_classes != test_classes:
        raise TargetError(
            f"t_test is one-hot over {test_classes} classes, but t_train over {train_classes}"
        )
    names = tuple(str(label) for label in range(train_classes))
    return DecodedTargets("classification", train_labels, test_labels, class_names=names)


def _are_classes(t: Raw) -> bool:
    if t.ndim == 2:
        return not _not_one_hot(t).size
    return bool(((t >= 0) & (t < MAX_FLOAT_CLASSES) & (t == np.floor(t))).all())


def _not_one_hot(t: Raw) -> Labels:
    """Return which rows are anything but a single 1 among zeros."""
    return np.flatnonzero(((t != 0) & (t != 1)).any(axis=1) | ((t == 1).sum(axis=1) != 1))


def _values(t: Raw) -> Values:
    with np.errstate(over="ignore", invalid="ignore"):
        # What overflows is reported by Dataset, which wants finite numbers.
        return t.reshape(len(t), -1).astype(np.float32)


def _labels(t: Raw, array: str) -> tuple[Labels, int]:
    """Return the labels (N,) and how many classes they tell of."""
    if t.ndim == 2:
        wrong = _not_one_hot(t)
        if wrong.size:
            raise TargetError(
                f"{array}[{wrong[0]}] is not one-hot, expected a single 1 among zeros "
                "(numbers to fit are stored as floats)"
            )
        return t.argmax(axis=1), t.shape[1]
    if t.dtype.kind == "b":
        t = t.astype(np.uint8)
    stray = np.flatnonzero((t < 0) | (t >= MAX_CLASSES))
    if stray.size:
        raise TargetError(
            f"{array}[{stray[0]}] is label {int(t[stray[0]])}, "
            f"expected 0 to {MAX_CLASSES - 1} at most"
        )
    return t.astype(np.intp), int(t.max()) + 1


def _by_name(train: Raw, test: Raw) -> DecodedTargets:
    if train.dtype.kind != test.dtype.kind:
        raise TargetError(
            f"t_test has dtype {test.dtype}, but t_train {train.dtype}; expected text in both"
        )
    for array, t in (("t_train", train), ("t_test", test)):
        if t.ndim != 1:
            raise TargetError(f"{array} is {t.ndim}-D text, expected (N,) names")
        _check_characters(array, t)
    names, t_train = np.unique(train, return_inverse=True)
    if len(names) > MAX_CLASSES:
        raise TargetError(
            f"t_train has {len(names)} different names, expected at most {MAX_CLASSES} classes"
        )
    t_test = np.minimum(np.searchsorted(names, test), len(names) - 1)
    stray = np.flatnonzero(names[t_test] != test)
    if stray.size:
        raise TargetError(
            f"t_test[{stray[0]}] is '{_shown(test[stray[0]])}', which no training sample is"
        )
    return DecodedTargets("classification", t_train, t_test, class_names=tuple(map(_shown, names)))


def _check_characters(array: str, names: Raw) -> None:
    """Refuse numbers that are no character: Python ends with a SystemError on them."""
    if names.dtype.kind == "U":
        codes = np.ascontiguousarray(names).view(np.dtype("u4").newbyteorder(names.dtype.byteorder))
        if codes.max() > sys.maxunicode:
            raise TargetError(f"{array} is damaged: it holds what is no character")


def _shown(name: np.bytes_ | np.str_) -> str:
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return printable(text, MAX_NAME_LENGTH)
