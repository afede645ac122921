"""Whole nets: gradients against central differences, every form of input, and their parameters."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.nn.checks import assert_all_close, away_from_kinks, central_difference
from tui_backprop.nn import MultiLayerNet, TwoLayerNet
from tui_backprop.nn.arrays import Array, Labels

SEEDS = st.integers(0, 2**32 - 1)


def net_of(
    sizes: list[int], seed: int, dtype: npt.DTypeLike = np.float64, std: float = 0.7
) -> MultiLayerNet:
    """Return a net whose biases are drawn too, so that no gradient hides behind their zeros."""
    rng = np.random.default_rng(seed)
    net = MultiLayerNet(sizes[0], sizes[1:-1], sizes[-1], std, rng=rng, dtype=dtype)
    for param in net.params.values():
        param += (0.3 * rng.standard_normal(param.shape)).astype(dtype)
    return net


def numerical(net: MultiLayerNet, x: Array, t: Labels) -> dict[str, Array]:
    return {
        key: central_difference(lambda _: net.loss(x, t), param)
        for key, param in net.params.items()
    }


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(2, 5), st.integers(1, 4), SEEDS
)
def test_gradient_of_any_depth_against_central_differences(
    sizes: list[int], classes: int, n: int, seed: int
) -> None:
    net = net_of([*sizes, classes], seed)
    rng = np.random.default_rng(seed + 1)
    x, t = rng.standard_normal((n, sizes[0])), rng.integers(0, classes, n)
    assume(away_from_kinks(net, x))
    assert_all_close(net.gradient(x, t), numerical(net, x, t), 1e-7)


def test_gradient_of_ten_layers_against_central_differences() -> None:
    net = net_of([4, *[5] * 9, 3], seed=3)
    rng = np.random.default_rng(3)
    x, t = rng.standard_normal((3, 4)), np.array([0, 2, 1])
    assert list(net.layers)[-3:] == ["Affine9", "Relu9", "Affine10"]
    assert away_from_kinks(net, x)
    gradient = net.gradient(x, t)
    assert np.abs(gradient["W1"]).max() > 0
    assert_all_close(gradient, numerical(net, x, t), 1e-7)


def test_numerical_gradient_is_the_books_in_float64() -> None:
    net = net_of([4, 3, 2], seed=0, dtype=np.float32)
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((5, 4)), rng.integers(0, 2, 5)
    numeric = net.numerical_gradient(x, t)
    assert {grad.dtype for grad in numeric.values()} == {np.dtype(np.float64)}
    assert_all_close(net.astype(np.float64).gradient(x, t), numeric, 1e-6)


@given(SEEDS, st.sampled_from([np.float32, np.float64]))
@settings(max_examples=10)
def test_every_form_of_the_same_batch(seed: int, dtype: npt.DTypeLike) -> None:
    net = net_of([12, 5, 3], seed, dtype)
    rng = np.random.default_rng(seed)
    images = rng.standard_normal((4, 3, 4)).astype(dtype)
    t = rng.integers(0, 3, 4)
    rows = images.reshape(4, 12)
    loss, gradient = net.loss(rows, t), net.gradient(rows, t)
    for x in (images, images.reshape(4, 1, 3, 4)):
        for targets in (t, np.eye(3)[t], np.eye(3, dtype=np.uint8)[t]):
            np.testing.assert_array_equal(net.predict(x), net.predict(rows))
            assert net.loss(x, targets) == loss
            assert net.accuracy(x, targets) == net.accuracy(rows, t)
            for key, grad in net.gradient(x, targets).items():
                np.testing.assert_array_equal(grad, gradient[key])


def test_one_sample_as_row_as_image_and_as_a_batch_of_one() -> None:
    net = net_of([784, 5, 10], seed=1, std=0.05)
    image = np.random.default_rng(1).random((28, 28))
    one_hot = np.eye(10)[7]
    expected = net.gradient(image.reshape(1, 784), np.array([7]))
    for x in (image, image.ravel(), image.reshape(1, 28, 28)):
        for t in (np.array(7), np.array([7]), one_hot, one_hot.reshape(1, 10)):
            assert net.predict(x).shape == ((1, 10) if x.ndim == 3 else (10,))
            assert net.loss(x, t) == pytest.approx(net.loss(image.reshape(1, 784), np.array([7])))
            assert net.accuracy(x, t) in (0.0, 1.0)
            assert_all_close(net.gradient(x, t), expected, 1e-12)


def test_accuracy_is_the_share_of_right_guesses() -> None:
    net = MultiLayerNet(2, [], 2)
    net.params["W1"][...] = np.eye(2)
    x = np.array([[2.0, 1.0], [1.0, 2.0], [3.0, 0.0], [0.0, 1.0]])
    assert net.accuracy(x, np.array([0, 0, 0, 1])) == 0.75


@pytest.mark.parametrize("shape", [(3, 5), (5,), (2, 2, 3), ()])
def test_an_input_that_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    net = TwoLayerNet(4, 3, 2)
    with pytest.raises(ValueError, match="does not fit 4 values a sample"):
        net.loss(np.zeros(shape), np.zeros(3, int))


def test_targets_that_do_not_fit_are_refused() -> None:
    net = TwoLayerNet(4, 3, 2)
    for use in (net.loss, net.accuracy, net.gradient):
        with pytest.raises(ValueError, match="target"):
            use(np.zeros((3, 4)), np.zeros(2, int))


def test_the_books_names_and_initial_values() -> None:
    net = TwoLayerNet(784, 50, 10, rng=np.random.default_rng(0))
    assert list(net.params) == list(net.grads) == ["W1", "b1", "W2", "b2"]
    assert list(net.layers) == ["Affine1", "Relu1", "Affine2"]
    assert [param.shape for param in net.params.values()] == [(784, 50), (50,), (50, 10), (10,)]
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.02)
    assert net.params["W1"].mean() == pytest.approx(0, abs=2e-4)
    assert not net.params["b1"].any()
    assert net.dtype == np.float64
    assert isinstance(net, MultiLayerNet)


def test_the_generator_alone_decides_the_weights() -> None:
    state = np.random.get_state(legacy=False)  # noqa: NPY002
    first, same, other = (
        TwoLayerNet(4, 3, 2, rng=np.random.default_rng(seed)).params["W1"].tobytes()
        for seed in (1, 1, 2)
    )
    assert first == same != other
    assert (
        TwoLayerNet(4, 3, 2).params["W1"].tobytes() != TwoLayerNet(4, 3, 2).params["W1"].tobytes()
    )
    np.testing.assert_equal(np.random.get_state(legacy=False), state)  # noqa: NPY002


def test_parameters_changed_in_place_reach_the_layers() -> None:
    net = net_of([4, 3, 2], seed=0)
    x = np.ones((1, 4))
    before = net.predict(x)
    net.params["b2"] -= 0.5
    np.testing.assert_allclose(net.predict(x), before - 0.5)


def test_gradient_returns_copies_and_backward_the_nets_own() -> None:
    net = net_of([4, 3, 2], seed=0)
    x, t = np.ones((2, 4)), np.array([0, 1])
    first = net.gradient(x, t)
    kept = {key: grad.copy() for key, grad in first.items()}
    net.gradient(-x, t)
    assert net.backward() is net.grads
    for key, grad in kept.items():
        np.testing.assert_array_equal(first[key], grad)


def test_a_net_around_the_same_parameters_sees_changes_and_disturbs_nobody() -> None:
    net = net_of([4, 3, 2], seed=0)
    x, t = np.ones((2, 4)), np.array([0, 1])
    expected = net.gradient(x, t)
    view = net.around(net.params)
    net.loss(x, t)
    view.gradient(2 * x, t)
    for key, grad in net.backward().items():
        np.testing.assert_array_equal(grad, expected[key])
    net.params["W1"][...] = 0
    np.testing.assert_array_equal(view.predict(x), net.predict(x))


def test_astype_copies() -> None:
    net = net_of([4, 3, 2], seed=0)
    single = net.astype(np.float32)
    assert single.dtype == np.float32
    assert single.predict(np.ones((1, 4))).dtype == np.float32
    double = net.astype(np.float64)
    double.params["W1"][...] = 0
    assert net.params["W1"].any()
