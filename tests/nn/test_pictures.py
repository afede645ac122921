"""Layers of pictures: against sums written out, the book's examples, and central differences."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.nn.checks import H
from tests.nn.test_layers import assert_gradients_agree
from tui_backprop.nn import (
    Affine,
    BatchNormalization,
    Convolution,
    Flatten,
    MeanPooling,
    Network,
    Pooling,
    Relu,
    SoftmaxWithLoss,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import Blueprint, LayerChoice, PlanError
from tui_backprop.nn.initializers import normal

SEEDS = st.integers(0, 2**32 - 1)


def summed_out(x: Array, W: Array, b: Array, stride: int, pad: int) -> Array:
    """Return the convolution by its definition: every window times every filter."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    h, w = W.shape[2:]
    rows, columns = (x.shape[2] - h) // stride + 1, (x.shape[3] - w) // stride + 1
    out = np.zeros((len(x), len(W), rows, columns))
    for n, f, i, j in np.ndindex(*out.shape):
        window = x[n, :, i * stride : i * stride + h, j * stride : j * stride + w]
        out[n, f, i, j] = (window * W[f]).sum() + b[f]
    return out


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Convolution, Array]:
    rng = np.random.default_rng(draw(SEEDS))
    channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    size = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    x = rng.standard_normal(
        (draw(st.integers(1, 3)), channels, *(draw(st.integers(side, 6)) for side in size))
    )
    W = rng.standard_normal((filters, channels, *size))
    stride, pad = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    return Convolution(W, rng.standard_normal(filters), stride, pad), x


@given(convolutions())
def test_a_convolution_sums_windows_times_filters(drawn: tuple[Convolution, Array]) -> None:
    layer, x = drawn
    expected = summed_out(x, layer.W, layer.b, layer.stride, layer.pad)
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-10, atol=1e-12)


@given(convolutions(), SEEDS)
def test_convolution_gradients(drawn: tuple[Convolution, Array], seed: int) -> None:
    layer, x = drawn
    shape = layer.forward(x).shape
    assert_gradients_agree(layer, x, np.random.default_rng(seed).standard_normal(shape))


@given(
    st.sampled_from([Pooling, MeanPooling]),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 3),
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    SEEDS,
)
def test_pooling_gradients(
    kind: type[Pooling], size: tuple[int, int], stride: int, sides: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 2, *sides))
    gaps = np.diff(np.sort(x.ravel()))
    assume(gaps.min() > 10 * H)
    layer = kind(*size, stride)
    out = layer.forward(x)
    for index in np.ndindex(*out.shape):
        n, c, i, j = index
        window = x[n, c, i * stride : i * stride + size[0], j * stride : j * stride + size[1]]
        expected = window.max() if kind is Pooling else window.mean()
        assert out[index] == pytest.approx(expected)
    assert_gradients_agree(layer, x, rng.standard_normal(out.shape))


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pooling_adds_up_what_comes_back_from_its_windows(stride: int) -> None:
    rng = np.random.default_rng(stride)
    layer = Pooling(2, 2, stride)
    x = np.maximum(rng.standard_normal((3, 2, 7, 6), np.float32), 0)
    dout = rng.standard_normal(layer.forward(x).shape, np.float32)
    dout[0, 0] = -0.0
    total = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = (n, c, slice(i * stride, i * stride + 2), slice(j * stride, j * stride + 2))
        chosen = np.zeros(4, np.float32)
        chosen[x[window].argmax()] = 1
        total[window] += dout[n, c, i, j] * chosen.reshape(2, 2)
    dx = layer.backward(dout)
    np.testing.assert_allclose(dx, total, rtol=1e-6)
    assert (np.signbit(dx) == np.signbit(total)).all()


def test_the_books_pooling_of_four_windows() -> None:
    x = np.array([[1, 2, 1, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 4, 0, 1]], float)
    layer = Pooling(2, 2, 2)
    assert layer.forward(x[np.newaxis, np.newaxis]).tolist() == [[[[2, 3], [4, 2]]]]
    dx = layer.backward(np.array([[[[10.0, 20], [30, 40]]]]))
    expected = [[0, 10, 0, 0], [0, 0, 0, 20], [0, 0, 0, 40], [0, 30, 0, 0]]
    assert dx.tolist() == [[expected]]


def test_of_equal_cells_the_first_is_chosen() -> None:
    layer = Pooling(2, 2, 2)
    layer.forward(np.zeros((1, 1, 2, 2)))
    assert layer.backward(np.full((1, 1, 1, 1), 5.0)).tolist() == [[[[5, 0], [0, 0]]]]


def test_the_books_convolution_with_padding_and_stride() -> None:
    x = np.array([[1, 2, 3, 0], [0, 1, 2, 3], [3, 0, 1, 2], [2, 3, 0, 1]], float)
    W = np.array([[2, 0, 1], [0, 1, 2], [1, 0, 2]], float)[np.newaxis, np.newaxis]
    out = Convolution(W, np.zeros(1)).forward(x[np.newaxis, np.newaxis])
    assert out.tolist() == [[[[15, 16], [6, 15]]]]
    assert Convolution(W, np.array([3.0]), pad=1).forward(x[np.newaxis, np.newaxis]).shape == (
        *(1, 1, 4, 4),
    )


@given(SEEDS)
def test_flatten_gradients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert_gradients_agree(
        Flatten(), rng.standard_normal((3, 2, 2, 3)), rng.standard_normal((3, 12))
    )


def test_batch_normalization_of_pictures_is_that_of_their_rows() -> None:
    rng = np.random.default_rng(0)
    x, dout = rng.standard_normal((2, 5, 2, 3, 3))
    gamma, beta = rng.standard_normal((2, 2, 3, 3))
    pictures = BatchNormalization(gamma, beta)
    rows = BatchNormalization(gamma.ravel(), beta.ravel())
    out = pictures.forward(x.reshape(5, 2, 3, 3))
    np.testing.assert_allclose(out.reshape(5, -1), rows.forward(x.reshape(5, -1)))
    dx = pictures.backward(dout.reshape(5, 2, 3, 3))
    np.testing.assert_allclose(dx.reshape(5, -1), rows.backward(dout.reshape(5, -1)))
    assert_gradients_agree(pictures, x.reshape(5, 2, 3, 3), dout.reshape(5, 2, 3, 3))


CONV = LayerChoice(Convolution, {"filters": 3, "size": (3, 3)})
POOL = LayerChoice(Pooling, {"size": (2, 2)})


def conv_net(dtype: npt.DTypeLike = np.float64) -> Network:
    blueprint = Blueprint(
        (1, 8, 8),
        [CONV, LayerChoice(Relu), POOL, LayerChoice(Affine, {"units": 4})],
        SoftmaxWithLoss,
    )
    rng = np.random.default_rng(0)
    return Network(blueprint, blueprint.draw_parameters(normal(rng, 0.3), dtype))


def test_layers_have_the_books_names_and_shapes() -> None:
    net = conv_net()
    assert list(net.layers) == ["Conv1", "Relu1", "Pool1", "Flatten1", "Affine1"]
    assert {key: param.shape for key, param in net.params.items()} == {
        "W1": (3, 1, 3, 3),
        "b1": (3,),
        "W2": (27, 4),
        "b2": (4,),
    }


def test_pictures_that_do_not_fit_are_refused() -> None:
    layer = Convolution(np.zeros((2, 3, 2, 2)), np.zeros(2))
    with pytest.raises(ValueError, match=r"\(4, 2, 5, 5\) does not fit filters of 3 channels"):
        layer.forward(np.zeros((4, 2, 5, 5)))
    with pytest.raises(ValueError, match="window of 2x2 does not fit into 1x5"):
        layer.forward(np.zeros((4, 3, 1, 5)))
    with pytest.raises(PlanError, match=r"samples of shape \(64\) are no pictures"):
        Blueprint((64,), [CONV], SoftmaxWithLoss)
    with pytest.raises(PlanError, match="window of 2x2 does not fit into 1x1"):
        Blueprint((1, 3, 3), [CONV, POOL], SoftmaxWithLoss)


def test_what_a_pass_returned_stays_when_another_is_made() -> None:
    layer = Convolution(np.ones((1, 1, 2, 2)), np.zeros(1))
    first = layer.forward(np.ones((1, 1, 3, 3)))
    dx = layer.backward(np.ones_like(first))
    kept = first.copy(), dx.copy()
    layer.backward(layer.forward(np.zeros((1, 1, 3, 3))))
    np.testing.assert_array_equal(first, kept[0])
    np.testing.assert_array_equal(dx, kept[1])
