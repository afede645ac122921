"""SGD: its formula, two steps apart, in the parameters' own dtype."""

import numpy as np
import numpy.typing as npt
import pytest

from tui_backprop.nn import SGD


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sgd_steps_against_the_gradient(dtype: npt.DTypeLike) -> None:
    params = {"W": np.array([[1.0, 2.0]], dtype), "b": np.array([3.0], dtype)}
    grads = {"W": np.array([[10.0, -20.0]], dtype), "b": np.array([0.0], dtype)}
    held = params["W"]
    SGD(lr=0.5).update(params, grads)
    assert held is params["W"]
    assert held.tolist() == [[-4.0, 12.0]]
    assert params["b"].tolist() == [3.0]
    assert held.dtype == dtype
    assert grads["W"].tolist() == [[10.0, -20.0]]


def test_an_update_can_be_seen_before_it_is_applied() -> None:
    params, grads = {"W": np.ones(3)}, {"W": np.arange(3.0)}
    optimizer = SGD(lr=2.0)
    updates = optimizer.compute_updates(grads)
    assert updates["W"].tolist() == [0.0, -2.0, -4.0]
    assert params["W"].tolist() == [1.0, 1.0, 1.0]
    optimizer.apply_updates(params)
    assert params["W"].tolist() == [1.0, -1.0, -3.0]


def test_a_changed_learning_rate_counts_from_the_next_update() -> None:
    params, grads = {"W": np.zeros(1)}, {"W": np.ones(1)}
    optimizer = SGD(lr=1.0)
    optimizer.update(params, grads)
    optimizer.lr = 0.25
    optimizer.update(params, grads)
    assert params["W"].tolist() == [-1.25]
