"""Targets: class indices and one-hot rows read the same, and everything else is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.nn import SoftmaxWithLoss
from tui_backprop.nn.arrays import as_labels


@given(st.integers(1, 6), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_indices_and_one_hot_rows_are_the_same_targets(n: int, classes: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, n)
    one_hot = np.eye(classes)[labels]
    for t in (
        labels,
        labels.astype(np.uint8),
        labels.reshape(n, 1),
        one_hot,
        one_hot.astype(np.uint8),
        one_hot.astype(bool),
    ):
        np.testing.assert_array_equal(as_labels(t, (n, classes)), labels)


def test_one_sample_needs_no_batch_axis() -> None:
    assert as_labels(np.array([0, 0, 1]), (1, 3)).tolist() == [2]
    assert as_labels(2, (1, 3)).tolist() == [2]


@pytest.mark.parametrize(
    "t",
    [
        np.array([0, 1, 2]),
        np.array([0.0, 1.0]),
        np.zeros((2, 4)),
        np.eye(3),
        np.array([[1, 1, 0], [0, 0, 1]]),
        np.array([[0, 2, 0], [0, 0, 1]]),
        np.array([[0, 0.5, 0.5], [0, 0, 1]]),
        np.array(["a", "b"]),
        np.array([0, 3]),
        np.array([-1, 0]),
        np.array([0, 2**40]),
        np.array([], dtype=int),
    ],
)
def test_what_is_no_target_is_refused(t: Any) -> None:
    with pytest.raises(ValueError, match="target"):
        as_labels(t, (2, 3))
    with pytest.raises(ValueError, match="target"):
        SoftmaxWithLoss().forward(np.zeros((2, 3)), t)


def test_a_batch_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        SoftmaxWithLoss().forward(np.zeros((0, 3)), np.array([], dtype=int))
