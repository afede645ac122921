"""Clipping by norm: a gradient too long is shortened in its direction, any other left as it is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui_backprop.nn import SGD
from tui_backprop.nn.arrays import Array


def clipped(grads: dict[str, Array], limit: float) -> Array:
    """Return what plain descent by η = 1 goes against, all gradients in one vector."""
    optimizer = SGD(1.0)
    optimizer.clip = limit
    params = {key: np.zeros_like(grad) for key, grad in grads.items()}
    return -optimizer.propose(params, grads, 1).updates.vector


ENTRIES = st.floats(-1e3, 1e3)


@given(arrays(np.float64, (3, 4), elements=ENTRIES), arrays(np.float64, 5, elements=ENTRIES))
def test_all_gradients_together_are_no_longer_than_allowed(W: Array, b: Array) -> None:
    whole = np.concatenate([W.ravel(), b])
    norm = float(np.linalg.norm(whole))
    shorter = clipped({"W": W, "b": b}, 2.0)
    assert np.linalg.norm(shorter) <= 2 * (1 + 1e-12)
    if norm <= 2:
        np.testing.assert_array_equal(shorter, whole)
    else:
        np.testing.assert_allclose(shorter * norm / 2, whole, rtol=1e-9, atol=1e-12)


def test_without_a_limit_nothing_is_shortened() -> None:
    assert clipped({"W": np.full((2, 2), 1e9)}, 0.0).tolist() == [1e9] * 4


@pytest.mark.parametrize("entry", [math.inf, math.nan, 1e30])
def test_what_is_too_long_to_measure_is_refused_and_not_silently_0(entry: float) -> None:
    optimizer = SGD(1.0)
    optimizer.clip = 1.0
    params = {"W": np.zeros((2, 2), np.float32)}
    with np.errstate(all="ignore"):
        proposal = optimizer.propose(params, {"W": np.full((2, 2), entry, np.float32)}, 1)
    assert proposal.first_not_finite(params) == "W"


def test_the_gradients_themselves_stay_as_they_are() -> None:
    grads = {"W": np.full((2, 2), 5.0)}
    clipped(grads, 0.1)
    assert (grads["W"] == 5.0).all()
