"""Against the book: its two-layer net written anew from its formulas, and its training script."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nn.checks import assert_all_close, assert_close
from tui_backprop.datasets import load_dataset
from tui_backprop.nn import TwoLayerNet
from tui_backprop.nn.arrays import Array


class BookFormulas:
    """The two-layer net as chapters 4 and 5 derive it, with 1e-7 in the log."""

    def __init__(self, params: dict[str, Array]) -> None:
        self.W1, self.b1, self.W2, self.b2 = (params[key] for key in ("W1", "b1", "W2", "b2"))

    def scores(self, x: Array) -> Array:
        hidden: Array = np.maximum(0, np.dot(x, self.W1) + self.b1)
        scores: Array = np.dot(hidden, self.W2) + self.b2
        return scores

    def probabilities(self, x: Array) -> Array:
        scores = self.scores(x).T
        exponentials = np.exp(scores - np.max(scores, axis=0))
        probabilities: Array = (exponentials / np.sum(exponentials, axis=0)).T
        return probabilities

    def loss(self, x: Array, one_hot: Array) -> float:
        return -float(np.sum(one_hot * np.log(self.probabilities(x) + 1e-7))) / len(x)

    def gradient(self, x: Array, one_hot: Array) -> dict[str, Array]:
        z1 = np.dot(x, self.W1) + self.b1
        a1 = np.maximum(0, z1)
        dy = (self.probabilities(x) - one_hot) / len(x)
        da1 = np.dot(dy, self.W2.T)
        dz1 = np.where(z1 <= 0, 0, da1)
        return {
            "W1": np.dot(x.T, dz1),
            "b1": np.sum(dz1, axis=0),
            "W2": np.dot(a1.T, dy),
            "b2": np.sum(dy, axis=0),
        }


@given(
    st.integers(1, 20),
    st.integers(1, 12),
    st.integers(2, 10),
    st.integers(1, 8),
    st.integers(0, 2**32 - 1),
)
def test_loss_predictions_and_gradients_agree(
    inputs: int, hidden: int, classes: int, n: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(inputs, hidden, classes, 0.1, rng=rng)
    book = BookFormulas(net.params)
    x, t = rng.random((n, inputs)), rng.integers(0, classes, n)
    one_hot = np.eye(classes)[t]
    assert net.loss(x, t) == pytest.approx(book.loss(x, one_hot), rel=1e-6)
    assert_close(net.predict(x), book.scores(x), 1e-6)
    np.testing.assert_allclose(net.last_layer.y, book.probabilities(x), rtol=1e-6)
    assert_all_close(net.gradient(x, one_hot), book.gradient(x, one_hot), 1e-6)


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_agreement_at_the_books_size(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(784, 50, 10, rng=rng)
    book = BookFormulas(net.params)
    x, t = rng.random((100, 784)), rng.integers(0, 10, 100)
    one_hot = np.eye(10)[t]
    assert net.loss(x, t) == pytest.approx(book.loss(x, one_hot), rel=1e-6)
    assert_all_close(net.gradient(x, t), book.gradient(x, one_hot), 1e-6)


def test_the_books_training_script_learns() -> None:
    data = load_dataset("digits")
    x_train, t_train = data.x_train / data.scale, np.eye(10)[data.t_train]
    x_test, t_test = data.x_test / data.scale, np.eye(10)[data.t_test]
    np.random.seed(1)  # noqa: NPY002 - the script draws its batches from the global generator
    network = TwoLayerNet(
        input_size=64, hidden_size=50, output_size=10, rng=np.random.default_rng(1)
    )
    batch_size, learning_rate = 100, 0.5
    for _ in range(1500):
        batch_mask = np.random.choice(x_train.shape[0], batch_size)  # noqa: NPY002
        x_batch, t_batch = x_train[batch_mask], t_train[batch_mask]
        grad = network.gradient(x_batch, t_batch)
        for key in ("W1", "b1", "W2", "b2"):
            network.params[key] -= learning_rate * grad[key]
    assert network.accuracy(x_train, t_train) > 0.99
    assert network.accuracy(x_test, t_test) > 0.94
