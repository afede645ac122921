"""The numerical gradient: the book's example, any shape, and the array put back to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tui_backprop.nn import numerical_gradient
from tui_backprop.nn.arrays import Array


def sum_of_squares(x: Array) -> float:
    return float((x**2).sum())


def test_the_books_example() -> None:
    np.testing.assert_allclose(
        numerical_gradient(sum_of_squares, np.array([3.0, 4.0])), [6, 8], rtol=1e-9
    )


def test_whole_numbers_are_moved_as_floats() -> None:
    np.testing.assert_allclose(
        numerical_gradient(sum_of_squares, np.array([3, 4])), [6, 8], rtol=1e-9
    )


@given(
    arrays(np.float64, array_shapes(min_dims=0, max_dims=3, max_side=4), elements=st.floats(-9, 9))
)
def test_any_shape_and_every_entry_put_back(x: Array) -> None:
    before = x.copy()
    np.testing.assert_allclose(numerical_gradient(sum_of_squares, x), 2 * x, atol=1e-8)
    assert x.tobytes() == before.tobytes()


def test_entries_are_put_back_when_the_function_fails() -> None:
    x = np.array([0.1, 0.2])

    def fails(_: Array) -> float:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        numerical_gradient(fails, x)
    assert x.tolist() == [0.1, 0.2]


def test_h_is_the_step() -> None:
    seen: list[float] = []

    def records(x: Array) -> float:
        seen.append(float(x[0]))
        return 0.0

    numerical_gradient(records, np.array([1.0]), h=0.25)
    assert sorted(seen) == [0.75, 1.25]
