"""Each layer alone: gradients against central differences, shapes, and inputs left as they were."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.nn.checks import H, assert_close, central_difference, copies
from tui_backprop.nn import Affine, Layer, Relu, SoftmaxWithLoss
from tui_backprop.nn.arrays import Array

SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**32 - 1)
DTYPES = st.sampled_from([np.float32, np.float64])


def affine(
    rng: np.random.Generator, inputs: int, outputs: int, dtype: npt.DTypeLike = np.float64
) -> Affine:
    W = rng.standard_normal((inputs, outputs)).astype(dtype)
    return Affine(W, rng.standard_normal(outputs).astype(dtype))


def assert_gradients_agree(layer: Layer, x: Array, dout: Array) -> None:
    """Compare backward with the differences of Σ out · dout, whose gradient by out is dout."""

    def objective(_: Array) -> float:
        return float((layer.forward(x) * dout).sum())

    layer.forward(x)
    dx = layer.backward(dout)
    grads = copies(layer.grads.values())
    assert dx.shape == x.shape
    assert_close(dx, central_difference(objective, x), 1e-7)
    for param, grad in zip(layer.params.values(), grads, strict=True):
        assert_close(grad, central_difference(objective, param), 1e-7)


@given(SIZES, SIZES, SIZES, SEEDS)
def test_affine_gradients(n: int, inputs: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer = affine(rng, inputs, outputs)
    assert_gradients_agree(
        layer, rng.standard_normal((n, inputs)), rng.standard_normal((n, outputs))
    )


@given(SIZES, SIZES, SEEDS)
def test_affine_gradients_of_images_and_of_one_sample(n: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer = affine(rng, 6, outputs)
    for shape in ((n, 2, 3), (n, 1, 2, 3), (2, 3), (6,)):
        x = rng.standard_normal(shape)
        out = layer.forward(x)
        alone = shape in ((2, 3), (6,))
        assert out.shape == ((outputs,) if alone else (n, outputs))
        np.testing.assert_allclose(
            out, (x.reshape(-1, 6) @ layer.W + layer.b).reshape(out.shape), rtol=1e-12, atol=1e-12
        )
        assert_gradients_agree(layer, x, rng.standard_normal(out.shape))


@given(SIZES, SIZES, SEEDS)
def test_relu_gradients(n: int, units: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, units))
    assume(np.abs(x).min() > 10 * H)
    assert_gradients_agree(Relu(), x, rng.standard_normal((n, units)))


@given(SIZES, st.integers(2, 6), SEEDS, st.floats(0.1, 10))
def test_softmax_with_loss_gradient(n: int, classes: int, seed: int, dout: float) -> None:
    rng = np.random.default_rng(seed)
    layer = SoftmaxWithLoss()
    x = rng.standard_normal((n, classes))
    t = rng.integers(0, classes, n)
    layer.forward(x, t)
    dx = layer.backward(dout)
    numeric = central_difference(lambda scores: layer.forward(scores, t), x)
    assert_close(dx, dout * numeric, 1e-7)


@given(SIZES, st.integers(2, 6), SEEDS, DTYPES)
def test_no_layer_writes_into_what_it_is_given(
    n: int, units: int, seed: int, dtype: npt.DTypeLike
) -> None:
    rng = np.random.default_rng(seed)
    for layer in (affine(rng, units, units, dtype), Relu()):
        x, dout = (rng.standard_normal((n, units)).astype(dtype) for _ in range(2))
        before = copies([x, dout, *layer.params.values()])
        out = layer.forward(x)
        kept = out.copy()
        dx = layer.backward(dout)
        for array, copy in zip([x, dout, *layer.params.values()], before, strict=True):
            np.testing.assert_array_equal(array, copy)
        np.testing.assert_array_equal(out, kept)
        assert out.dtype == dx.dtype == dtype
        assert not np.shares_memory(dx, dout)
        assert all(grad.dtype == dtype for grad in layer.grads.values())

    last = SoftmaxWithLoss()
    scores = rng.standard_normal((n, units)).astype(dtype)
    t = np.eye(units)[rng.integers(0, units, n)]
    before = copies([scores, t])
    last.forward(scores, t)
    first = last.backward()
    np.testing.assert_array_equal(last.backward(), first)
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(t, before[1])
    assert first.dtype == dtype
    np.testing.assert_allclose(last.y.sum(axis=1), 1, rtol=1e-6)


def test_read_only_inputs_are_enough() -> None:
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, 4, 3))
    x.flags.writeable = dout.flags.writeable = False
    for layer in (affine(rng, 3, 3), Relu()):
        layer.forward(x)
        layer.backward(dout)


def test_relu_keeps_back_what_was_not_above_zero() -> None:
    layer = Relu()
    np.testing.assert_array_equal(
        layer.forward(np.array([[1.0, -0.5], [0.0, 3.0]])), [[1, 0], [0, 3]]
    )
    np.testing.assert_array_equal(layer.backward(np.full((2, 2), 7.0)), [[7, 0], [0, 7]])
    assert layer.active.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("shape", [(2, 5), (5,), (3, 2), (2, 2, 5), (), (0, 5)])
def test_affine_refuses_an_input_that_does_not_fit(shape: tuple[int, ...]) -> None:
    layer = affine(np.random.default_rng(0), 4, 3)
    with pytest.raises(ValueError, match=r"input of shape .* does not fit 4 values a sample"):
        layer.forward(np.zeros(shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_agrees_with_its_gradient_at_large_scores(dtype: npt.DTypeLike) -> None:
    layer = SoftmaxWithLoss()
    scores = np.array([[1000.0, -1000.0, 0.0]], dtype)
    assert layer.forward(scores, np.array([1])) == pytest.approx(2000)
    np.testing.assert_allclose(layer.backward(), [[1, -1, 0]])


def test_softmax_with_loss_takes_whole_numbers() -> None:
    assert SoftmaxWithLoss().forward(np.array([[2, 2]]), np.array([0])) == pytest.approx(np.log(2))
