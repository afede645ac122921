"""What a Dataset refuses, and what it does to its arrays."""

from typing import Any

import numpy as np
import pytest

from tui_backprop.datasets import DatasetError
from tui_backprop.datasets.dataset import Dataset


def parts(**changed: Any) -> dict[str, Any]:
    return {
        "name": "toy",
        "x_train": np.zeros((4, 6), np.uint8),
        "t_train": np.array([0, 1, 2, 0], np.intp),
        "x_test": np.ones((2, 6), np.uint8),
        "t_test": np.array([2, 1], np.intp),
        "scale": 255.0,
        "image_shape": (2, 3),
        "class_names": ("a", "b", "c"),
    } | changed


def test_sizes() -> None:
    dataset = Dataset(**parts())
    assert (dataset.train_size, dataset.test_size) == (4, 2)
    assert (dataset.input_size, dataset.class_count) == (6, 3)


def test_arrays_are_locked_but_not_the_callers() -> None:
    x = np.zeros((6, 4), np.uint8).T
    dataset = Dataset(**parts(x_train=x))
    assert dataset.x_train.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        dataset.x_train[0, 0] = 1
    t = np.array([0, 1, 2, 0], np.intp)
    with pytest.raises(ValueError, match="read-only"):
        Dataset(**parts(t_train=t)).t_train[0] = 1
    t[0] = 2


FLOATS = {"x_train": np.zeros((4, 6), np.float32), "x_test": np.zeros((2, 6), np.float32)}
BAD = FLOATS["x_train"].copy()
BAD[3, 5] = np.nan


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"x_train": np.zeros((4, 3, 2), np.uint8)}, "x_train is 3-D uint8, expected (N, D) of"),
        ({"x_test": np.zeros((2, 6))}, "x_test is 2-D float64, expected (N, D) of uint8 or"),
        ({"x_test": FLOATS["x_test"]}, "x_test is float32, but x_train is uint8"),
        ({"x_test": np.zeros((2, 5), np.uint8)}, "x_test has 5 values a sample, but x_train has 6"),
        ({"x_train": np.zeros((0, 6), np.uint8)}, "x_train is 0 x 6, expected at least one"),
        ({"x_test": np.zeros((0, 6), np.uint8)}, "x_test is 0 x 6, expected at least one"),
        ({"t_train": np.zeros(3, np.intp)}, "t_train holds 3 labels for 4 samples"),
        ({"t_test": np.zeros(2, np.uint8)}, "t_test is 1-D uint8, expected (N,) of int64"),
        ({"t_test": np.array([0, 3])}, "t_test[1] is label 3, expected 0 to 2"),
        ({"t_train": np.array([0, 1, -1, 9])}, "t_train[2] is label -1, expected 0 to 2"),
        (FLOATS | {"x_train": BAD}, "x_train[3, 5] is nan, expected numbers finite in float32"),
        ({"image_shape": (2, 4)}, "6 values a sample make no 1x2x4 image"),
        ({"scale": 0.0}, "scale is 0.0, expected a positive number"),
        ({"scale": float("inf")}, "scale is inf, expected a positive number"),
        ({"class_names": ()}, "0 classes, expected 1 to 1000"),
        ({"channels": 3}, "6 values a sample make no 3x2x3 image"),
        ({"feature_names": ("a",)}, "1 feature names for 6 values a sample"),
        ({"target_names": ("a",)}, "a classification has class names, but no target names"),
    ],
)
def test_what_does_not_fit_is_named(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(DatasetError) as caught:
        Dataset(**parts(**changed))
    assert str(caught.value).startswith(f"toy: {fault}")


def regression(**changed: Any) -> dict[str, Any]:
    return (
        parts(
            task="regression",
            t_train=np.zeros((4, 2), np.float32),
            t_test=np.ones((2, 2), np.float32),
            class_names=(),
            target_names=("u", "v"),
        )
        | changed
    )


def test_a_regression_has_targets_and_no_classes() -> None:
    dataset = Dataset(**regression())
    assert (dataset.class_count, dataset.output_size) == (0, 2)
    assert not dataset.t_train.flags.writeable
    assert Dataset(**parts()).output_size == 3


def test_the_shape_of_a_sample() -> None:
    assert Dataset(**parts()).sample_shape == (1, 2, 3)
    assert Dataset(**parts(image_shape=None)).sample_shape == (6,)
    assert Dataset(**parts(image_shape=(2, 1), channels=3)).sample_shape == (3, 2, 1)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"t_train": np.zeros(4, np.float32)}, "t_train is 1-D float32, expected (N, 2) of float"),
        ({"t_test": np.ones((2, 2))}, "t_test is 2-D float64, expected (N, 2) of float32"),
        ({"t_train": np.zeros((3, 2), np.float32)}, "t_train is 3 x 2, expected 4 x 2"),
        ({"t_test": np.zeros((2, 1), np.float32)}, "t_test is 2 x 1, expected 2 x 2"),
        (
            {"t_test": np.array([[0, 1], [0, np.inf]], np.float32)},
            "t_test[1, 1] is inf, expected numbers finite in float32",
        ),
        ({"class_names": ("a",)}, "a regression has target names, but no class names"),
        ({"target_names": ()}, "0 targets, expected 1 to 1000"),
    ],
)
def test_what_does_not_fit_a_regression_is_named(changed: dict[str, Any], fault: str) -> None:
    with pytest.raises(DatasetError) as caught:
        Dataset(**regression(**changed))
    assert str(caught.value).startswith(f"toy: {fault}")
