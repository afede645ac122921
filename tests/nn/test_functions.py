"""softmax and cross-entropy error: the book's worked values, and what must hold for any input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tui_backprop.nn import (
    cross_entropy_error,
    identity_function,
    mean_squared_error,
    numerical_diff,
    relu,
    sigmoid,
    softmax,
    step_function,
    sum_squared_error,
)
from tui_backprop.nn.arrays import Array

BOOK_Y = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])


def test_softmax_of_the_books_example() -> None:
    np.testing.assert_allclose(softmax(np.array([0.3, 2.9, 4.0])), [0.018, 0.245, 0.737], atol=5e-4)


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=1, max_dims=2, max_side=6),
        elements=st.floats(-1e300, 1e300),
    )
)
def test_softmax_is_a_distribution_for_any_finite_scores(x: Array) -> None:
    before = x.copy()
    y = softmax(x)
    assert y.shape == x.shape
    assert np.all((y >= 0) & (y <= 1))
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-12)
    np.testing.assert_array_equal(x, before)


def test_softmax_takes_integers_and_keeps_float32() -> None:
    np.testing.assert_array_equal(softmax(np.array([[1, 1]])), [[0.5, 0.5]])
    assert softmax(np.zeros((2, 3), np.float32)).dtype == np.float32


@pytest.mark.parametrize(("right", "loss"), [(2, 0.511), (7, 2.303)])
def test_cross_entropy_error_of_the_books_example(right: int, loss: float) -> None:
    one_hot = np.eye(10)[right]
    assert cross_entropy_error(BOOK_Y, one_hot) == pytest.approx(loss, abs=5e-4)
    assert cross_entropy_error(BOOK_Y, np.array(right)) == pytest.approx(loss, abs=5e-4)
    assert cross_entropy_error(BOOK_Y, np.array([right])) == pytest.approx(loss, abs=5e-4)


def test_cross_entropy_error_is_the_mean_over_the_batch() -> None:
    y = np.stack([BOOK_Y, BOOK_Y])
    expected = (-math.log(0.6) - math.log(0.1)) / 2
    assert cross_entropy_error(y, np.array([2, 7])) == pytest.approx(expected, rel=1e-14)


def test_cross_entropy_error_of_an_impossible_class_is_large_and_finite() -> None:
    assert cross_entropy_error(BOOK_Y, np.array(3)) == pytest.approx(708.396, abs=1e-3)
    assert math.isfinite(cross_entropy_error(BOOK_Y.astype(np.float32), np.array(3)))
    assert cross_entropy_error(np.array([1, 0]), np.array(0)) == 0


def test_the_books_activations() -> None:
    x = np.array([-1.0, 1.0, 2.0])
    assert step_function(x).tolist() == [0, 1, 1]
    np.testing.assert_allclose(sigmoid(x), [0.26894142, 0.73105858, 0.88079708], rtol=1e-7)
    assert relu(x).tolist() == [0, 1, 2]
    assert identity_function(x) is x
    assert sigmoid(np.array([-1e9, 1e9])).tolist() == [0, 1]


@pytest.mark.parametrize(("right", "loss"), [(2, 0.0975), (7, 0.5975)])
def test_squared_error_of_the_books_example(right: int, loss: float) -> None:
    assert sum_squared_error(BOOK_Y, np.eye(10)[right]) == pytest.approx(loss)
    assert mean_squared_error(BOOK_Y, np.eye(10)[right]) == pytest.approx(loss)


def test_the_books_derivatives_of_a_parabola() -> None:
    def function_1(x: float) -> float:
        return 0.01 * x**2 + 0.1 * x

    assert numerical_diff(function_1, 5) == pytest.approx(0.2)
    assert numerical_diff(function_1, 10) == pytest.approx(0.3)
