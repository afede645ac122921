"""Weight decay: ½ λ ‖W‖² in the loss, λ W in the gradient, and nothing for anything but W."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nn.checks import assert_all_close, central_difference
from tests.walkthrough.nets import MODE, case_of
from tui_backprop.nn import Affine, BatchNormalization, Network, Sigmoid, SoftmaxWithLoss
from tui_backprop.nn.blueprint import LayerChoice
from tui_backprop.walkthrough.full_check import CheckOutcome, check_all

LAYERS = [
    LayerChoice(Affine, {"units": 5}),
    LayerChoice(BatchNormalization),
    LayerChoice(Sigmoid),
    LayerChoice(Affine, {"units": 3}),
]


@given(st.floats(0.001, 10), st.integers(0, 2**32 - 1))
def test_loss_and_gradient_as_the_book_writes_them(decay: float, seed: int) -> None:
    net, _, x, t = case_of(LAYERS, SoftmaxWithLoss, dtype=np.float64, seed=seed)
    loss, gradient = net.loss(x, t), net.gradient(x, t)
    net.weight_decay = decay
    cost = sum(0.5 * decay * np.sum(net.params[key] ** 2) for key in ("W1", "W2"))
    assert net.loss(x, t) == pytest.approx(loss + cost, rel=1e-12)
    decayed = net.gradient(x, t)
    for key, grad in gradient.items():
        expected = grad + decay * net.params[key] if key in ("W1", "W2") else grad
        np.testing.assert_allclose(decayed[key], expected, rtol=1e-12)


def test_the_gradient_is_that_of_the_loss() -> None:
    net, _, x, t = case_of(LAYERS, SoftmaxWithLoss, dtype=np.float64)
    net.weight_decay = 0.7
    numerical = {
        key: central_difference(lambda _: net.loss(x, t), param)
        for key, param in net.params.items()
    }
    assert_all_close(net.gradient(x, t), numerical, 1e-6)


def test_a_copy_of_a_net_decays_too() -> None:
    net = case_of(LAYERS, SoftmaxWithLoss).net
    net.weight_decay = 0.7
    assert net.astype(np.float64).weight_decay == net.around(net.params).weight_decay == 0.7


def test_what_is_predicted_has_nothing_to_do_with_it() -> None:
    net, _, x, t = case_of(LAYERS, SoftmaxWithLoss)
    before, accuracy = net.predict(x), net.accuracy(x, t)
    net.weight_decay = 0.7
    np.testing.assert_array_equal(net.predict(x), before)
    assert net.accuracy(x, t) == accuracy


def test_a_planted_error_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    net, _, x, t = case_of(LAYERS, SoftmaxWithLoss, samples=9, dtype=np.float64)
    net.weight_decay = 0.7
    assert check_all(net, x, t, mode=MODE).outcome is CheckOutcome.RIGHT

    def bent(self: Network) -> None:
        for key in self.decaying:
            self.grads[key] += 1.01 * self.weight_decay * self.params[key]

    monkeypatch.setattr(Network, "add_decay", bent)
    check = check_all(net, x, t, mode=MODE)
    assert {p.key for p in check.parameters if p.outcome is CheckOutcome.WRONG} == {"W1", "W2"}
