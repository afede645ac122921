"""Summaries, heat levels and minimaps of arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.summary import (
    heat_levels,
    minimap,
    minimap_edges,
    strongest_cell,
    summarize,
)

any_arrays = arrays(np.float32, array_shapes(max_dims=2, max_side=9), elements=st.floats(width=32))


def test_a_summary_by_hand() -> None:
    summary = summarize(np.array([[3.0, 0.0], [-4.0, 0.0]], np.float32))
    assert summary.shape == (2, 2)
    assert (summary.minimum, summary.maximum, summary.mean) == (-4, 3, -0.25)
    assert summary.norm == pytest.approx(5)
    assert (summary.zero_share, summary.non_finite) == (0.5, 0)
    assert summarize(np.array(7.0)).mean == 7


@given(any_arrays)
def test_a_summary_is_of_the_finite_entries(array: Array) -> None:
    summary = summarize(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert summary.non_finite == array.size - finite.size
    assert summary.zero_share == np.count_nonzero(array == 0) / array.size
    if finite.size:
        assert (summary.minimum, summary.maximum) == (finite.min(), finite.max())
        scale = float(np.abs(finite).max())
        assert summary.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-12 * scale)
        assert summary.norm == pytest.approx(np.linalg.norm(finite), rel=1e-9)
    else:
        assert np.isnan([summary.minimum, summary.maximum, summary.mean, summary.norm]).all()


def test_the_norm_of_huge_numbers_does_not_overflow() -> None:
    summary = summarize(np.array([3e300, 4e300]))
    assert summary.norm == pytest.approx(5e300)
    assert summarize(np.array([1.7e308, 1.7e308])).mean == pytest.approx(1.7e308)
    with pytest.raises(ValueError, match=r"\(0, 3\)"):
        summarize(np.zeros((0, 3)))


@given(any_arrays, st.integers(1, 127))
def test_heat_levels_keep_sign_and_order(array: Array, steps: int) -> None:
    levels = heat_levels(array, steps)
    assert levels.shape == array.shape
    finite = np.isfinite(array)
    assert not levels[~finite].any()
    values, heat = array[finite], levels[finite].astype(int)
    np.testing.assert_array_equal(np.sign(heat), np.sign(values))
    assert (np.diff(heat[np.argsort(values, kind="stable")]) >= 0).all()
    if values.any():
        assert np.abs(heat).max() == steps


def test_heat_levels_on_a_common_scale() -> None:
    levels = heat_levels(np.array([0.1, 5.0, -20.0]), 4, largest=10.0)
    assert levels.tolist() == [1, 2, -4]


@given(
    arrays(np.float64, (7, 11), elements=st.floats(-9, 9)), st.integers(1, 12), st.integers(1, 12)
)
def test_a_minimap_shows_the_strongest_of_each_block(
    matrix: Array, rows: int, columns: int
) -> None:
    small = minimap(matrix, rows, columns)
    row_edges, column_edges = minimap_edges(7, rows), minimap_edges(11, columns)
    assert small.shape == (min(7, rows), min(11, columns))
    for r, c in np.ndindex(small.shape):
        block = matrix[row_edges[r] : row_edges[r + 1], column_edges[c] : column_edges[c + 1]]
        assert block.size
        assert abs(small[r, c]) == np.abs(block).max()
        assert small[r, c] in block


def test_a_minimap_keeps_a_nan_in_sight() -> None:
    matrix = np.zeros((100, 100))
    matrix[55, 10] = np.nan
    assert np.argwhere(np.isnan(minimap(matrix, 10, 10))).tolist() == [[5, 1]]
    with pytest.raises(ValueError, match=r"\(0, 4\)"):
        minimap(matrix, 0, 4)
    with pytest.raises(ValueError, match=r"\(5,\)"):
        minimap(np.zeros(5), 2, 2)


def test_the_strongest_cell_is_the_first_of_the_largest_and_never_nan() -> None:
    assert strongest_cell(np.array([[1.0, -3.0], [2.0, 3.0]])) == (0, 1)
    assert strongest_cell(np.array([np.nan, 0.5])) == (1,)
    assert strongest_cell(np.array([np.nan, np.nan])) == (0,)
    assert strongest_cell(np.array(2.0)) == ()
