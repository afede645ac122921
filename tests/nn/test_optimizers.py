"""Optimizers: their formulas, in the parameters' own dtype, and proposals that can be refused."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.nn import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.parameters import Parameters

OPTIMIZERS: list[Callable[[], Optimizer]] = [
    lambda: SGD(0.5),
    lambda: Momentum(0.5, 0.8),
    lambda: Nesterov(0.5, 0.8),
    lambda: AdaGrad(0.5),
    lambda: RMSprop(0.5, 0.9),
    lambda: Adam(0.5, 0.7, 0.9),
    lambda: AdamW(0.5, 0.7, 0.9, 0.1),
]
GRADIENTS = (3.0, -1.0, 2.0)


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


def test_momentum_as_the_book_writes_it() -> None:
    params, optimizer, velocity = {"W": np.array([1.0])}, Momentum(0.1, 0.9), 0.0
    expected = 1.0
    for gradient in (3.0, -1.0, 2.0):
        optimizer.update(params, {"W": np.array([gradient])})
        velocity = 0.9 * velocity - 0.1 * gradient
        expected += velocity
        assert params["W"][0] == pytest.approx(expected, rel=1e-15)
        assert optimizer.state("W")["v"][0] == pytest.approx(velocity, rel=1e-15)


def test_adam_as_the_book_writes_it() -> None:
    params, optimizer = {"W": np.array([1.0])}, Adam(0.1, 0.9, 0.999)
    m = v = 0.0
    expected = 1.0
    for step, gradient in enumerate((3.0, -1.0, 2.0), start=1):
        optimizer.update(params, {"W": np.array([gradient])})
        rate = 0.1 * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        m += (1 - 0.9) * (gradient - m)
        v += (1 - 0.999) * (gradient**2 - v)
        expected -= rate * m / (math.sqrt(v) + 1e-7)
        assert params["W"][0] == pytest.approx(expected, rel=1e-14)


def test_nesterov_as_the_book_writes_it() -> None:
    params, optimizer, velocity = {"W": np.array([1.0])}, Nesterov(0.1, 0.9), 0.0
    expected = 1.0
    for gradient in GRADIENTS:
        optimizer.update(params, {"W": np.array([gradient])})
        expected += 0.9 * 0.9 * velocity - (1 + 0.9) * 0.1 * gradient
        velocity = 0.9 * velocity - 0.1 * gradient
        assert params["W"][0] == pytest.approx(expected, rel=1e-14)


def test_adagrad_as_the_book_writes_it() -> None:
    params, optimizer, h = {"W": np.array([1.0])}, AdaGrad(0.1), 0.0
    expected = 1.0
    for gradient in GRADIENTS:
        optimizer.update(params, {"W": np.array([gradient])})
        h += gradient**2
        expected -= 0.1 * gradient / (math.sqrt(h) + 1e-7)
        assert params["W"][0] == pytest.approx(expected, rel=1e-14)


def test_rmsprop_as_the_book_writes_it() -> None:
    params, optimizer, h = {"W": np.array([1.0])}, RMSprop(0.1, 0.99), 0.0
    expected = 1.0
    for gradient in GRADIENTS:
        optimizer.update(params, {"W": np.array([gradient])})
        h = 0.99 * h + (1 - 0.99) * gradient**2
        expected -= 0.1 * gradient / (math.sqrt(h) + 1e-7)
        assert params["W"][0] == pytest.approx(expected, rel=1e-13)


def test_adamw_as_its_paper_writes_it() -> None:
    params, optimizer = {"W": np.array([1.0])}, AdamW(0.1, 0.9, 0.999, 0.3)
    m = v = 0.0
    expected = 1.0
    for step, gradient in enumerate(GRADIENTS, start=1):
        optimizer.update(params, {"W": np.array([gradient])})
        m = 0.9 * m + (1 - 0.9) * gradient
        v = 0.999 * v + (1 - 0.999) * gradient**2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
        expected -= 0.1 * (m_hat / (math.sqrt(v_hat) + 1e-8) + 0.3 * expected)
        assert params["W"][0] == pytest.approx(expected, rel=1e-11)


def test_adamw_shrinks_what_has_no_gradient() -> None:
    params = {"W": np.array([[2.0]]), "b": np.array([4.0])}
    AdamW(0.5, decoupled_decay=0.1).update(params, {"W": np.zeros((1, 1)), "b": np.zeros(1)})
    assert (params["W"][0, 0], params["b"][0]) == (2 - 0.5 * 0.1 * 2, 4 - 0.5 * 0.1 * 4)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_an_update_can_be_seen_before_it_is_made_and_refused_without_a_trace(
    make: Callable[[], Optimizer],
) -> None:
    params, grads = {"W": np.ones(3)}, {"W": np.arange(3.0)}
    optimizer, twin = make(), make()
    optimizer.update(params, grads)
    other = {"W": np.ones(3)}
    twin.update(other, grads)
    with np.errstate(all="ignore"):
        refused = optimizer.propose(params, {"W": np.array([1e300, np.inf, -1e300])}, 2)
        assert refused.first_not_finite(params) == "W"
    assert params["W"].tolist() == other["W"].tolist()
    for step in (2, 3):
        proposal = optimizer.propose(params, grads, step)
        assert proposal.first_not_finite(params) is None
        before = params["W"].copy()
        optimizer.commit(params)
        np.testing.assert_array_equal(params["W"], before + proposal.updates["W"])
        twin.update(other, grads)
    np.testing.assert_array_equal(params["W"], other["W"])


@pytest.mark.parametrize("make", OPTIMIZERS)
@given(st.permutations(["W1", "b1", "W2"]), st.permutations(["W1", "b1", "W2"]), st.booleans())
def test_the_order_of_names_makes_no_difference(
    make: Callable[[], Optimizer], first: list[str], second: list[str], together: bool
) -> None:
    """Parameters were silently given each other's updates where the orders differed."""
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2)}
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    grads = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    kind: Callable[[dict[str, Array]], dict[str, Array]] = Parameters if together else dict

    plain = {name: value.copy() for name, value in values.items()}
    expected = make()
    params, optimizer = kind({name: values[name].copy() for name in first}), make()
    for order in (first, second, first):
        expected.update(plain, grads)
        optimizer.update(params, kind({name: grads[name] for name in order}))
    for name, value in plain.items():
        np.testing.assert_array_equal(params[name], value)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_state_is_restored_whole_or_refused(make: Callable[[], Optimizer]) -> None:
    params, grads = {"W": np.ones(3)}, {"W": np.arange(3.0)}
    optimizer, other = make(), make()
    optimizer.update(params, grads)
    copied = {"W": params["W"].copy()}
    other.restore({"W": optimizer.state("W")}, copied)
    optimizer.propose(params, grads, 2)
    optimizer.commit(params)
    other.propose(copied, grads, 2)
    other.commit(copied)
    np.testing.assert_array_equal(params["W"], copied["W"])
    with pytest.raises(ValueError, match="keeps nothing for W, but u"):
        other.restore({"W": {"u": np.ones(3)}}, copied)
    for symbol in optimizer.STATE:
        with pytest.raises(ValueError, match=f"{symbol} of W has the shape"):
            other.restore({"W": {symbol: np.ones(4)}}, copied)


def test_a_changed_learning_rate_counts_from_the_next_update() -> None:
    params, grads = {"W": np.zeros(1)}, {"W": np.ones(1)}
    optimizer = SGD(lr=1.0)
    optimizer.update(params, grads)
    optimizer.lr = 0.25
    optimizer.update(params, grads)
    assert params["W"].tolist() == [-1.25]
