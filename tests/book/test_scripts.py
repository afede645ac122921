"""Scripts as the book's chapters 4 to 8 have them, on the book's module names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tui_backprop.book.common.functions import softmax
from tui_backprop.book.common.gradient import numerical_gradient
from tui_backprop.book.common.layers import (
    Affine,
    BatchNormalization,
    Convolution,
    Dropout,
    Pooling,
    Relu,
    SoftmaxWithLoss,
)
from tui_backprop.book.common.multi_layer_net import MultiLayerNet
from tui_backprop.book.common.multi_layer_net_extend import MultiLayerNetExtend
from tui_backprop.book.common.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from tui_backprop.book.common.trainer import Trainer
from tui_backprop.book.common.util import col2im, im2col, shuffle_dataset, smooth_curve
from tui_backprop.book.deep_convnet import DeepConvNet
from tui_backprop.book.simple_convnet import SimpleConvNet
from tui_backprop.book.two_layer_net import TwoLayerNet
from tui_backprop.datasets import load_dataset
from tui_backprop.nn import Optimizer
from tui_backprop.nn.arrays import Array

# ruff: noqa: NPY002 - the book's scripts draw from the global generator


@pytest.fixture(autouse=True)
def seeded() -> None:
    np.random.seed(0)


def digits() -> tuple[Any, Any, Any, Any]:
    data = load_dataset("digits")
    return data.x_train / data.scale, data.t_train, data.x_test / data.scale, data.t_test


def test_chapter_4_descends_a_function_by_its_numerical_gradient() -> None:
    def function_2(x: Any) -> Any:
        return x[0] ** 2 + x[1] ** 2

    x = np.array([-3.0, 4.0])
    for _ in range(100):
        x -= 0.1 * numerical_gradient(function_2, x)
    np.testing.assert_allclose(x, 0, atol=1e-8)


def test_chapter_5_checks_the_two_layer_nets_gradients() -> None:
    x_train, t_train, *_ = digits()
    network = TwoLayerNet(input_size=64, hidden_size=10, output_size=10)
    x_batch, t_batch = x_train[:3], np.eye(10)[t_train[:3]]
    grad_numerical = network.numerical_gradient(x_batch, t_batch)
    grad_backprop = network.gradient(x_batch, t_batch)
    for key in grad_numerical:
        assert np.average(np.abs(grad_backprop[key] - grad_numerical[key])) < 1e-8
    assert network.lastLayer is network.last_layer
    assert list(network.layers) == ["Affine1", "Relu1", "Affine2"]


def test_chapter_5_builds_a_net_of_layers_by_hand() -> None:
    layers = [Affine(np.random.randn(4, 5), np.zeros(5)), Relu(), Affine(np.eye(5), np.zeros(5))]
    last = SoftmaxWithLoss()
    x: Array = np.random.randn(6, 4)
    t = np.array([0, 1, 2, 3, 4, 0])
    for layer in layers:
        x = layer.forward(x)
    before = last.forward(x, t)
    assert before == pytest.approx(-np.log(softmax(x)[np.arange(6), t]).mean())
    dout = last.backward(1)
    for layer in reversed(layers):
        dout = layer.backward(dout)
    assert dout.shape == (6, 4)
    first = layers[0]
    assert isinstance(first, Affine)
    assert first.dW.shape == (4, 5)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.95), Momentum(0.1), Nesterov(0.1), AdaGrad(1.5), RMSprop(0.1), Adam(0.3)],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_chapter_6_compares_the_optimizers_on_a_long_valley(optimizer: Optimizer) -> None:
    params = {"x": np.array(-7.0), "y": np.array(2.0)}
    for _ in range(30):
        optimizer.update(params, {"x": params["x"] / 10, "y": 2 * params["y"]})
    assert params["x"] ** 2 / 20 + params["y"] ** 2 < 1


def test_chapter_6_trains_a_deep_net_by_four_optimizers() -> None:
    x_train, t_train, *_ = digits()
    for optimizer in (SGD(lr=0.1), Momentum(), AdaGrad(), Adam()):
        network = MultiLayerNet(input_size=64, hidden_size_list=[30, 30, 30, 30], output_size=10)
        losses = []
        for _ in range(150):
            batch_mask = np.random.choice(len(x_train), 128)
            grads = network.gradient(x_train[batch_mask], t_train[batch_mask])
            optimizer.update(network.params, grads)
            losses.append(network.loss(x_train[batch_mask], t_train[batch_mask]))
        smooth = smooth_curve(losses)
        assert len(smooth) == 150
        assert smooth[-1] < 0.6 * smooth[0]


@pytest.mark.parametrize(
    ("weight_init_std", "activation", "std"),
    [(0.01, "relu", 0.01), ("relu", "relu", (2 / 64) ** 0.5), ("sigmoid", "sigmoid", 1 / 8)],
)
def test_chapter_6_starts_from_the_books_weights(
    weight_init_std: float | str, activation: str, std: float
) -> None:
    network = MultiLayerNet(64, [500], 10, activation, weight_init_std)
    assert network.params["W1"].std() == pytest.approx(std, rel=0.02)


def test_chapter_6_overfits_and_decays() -> None:
    x_train, t_train, *_ = digits()
    x_train, t_train = x_train[:100], t_train[:100]
    norms = []
    for weight_decay_lambda in (0, 0.1):
        np.random.seed(0)
        network = MultiLayerNet(64, [30, 30], 10, weight_decay_lambda=weight_decay_lambda)
        assert network.weight_decay_lambda == weight_decay_lambda
        optimizer = SGD(lr=0.1)
        for _ in range(200):
            optimizer.update(network.params, network.gradient(x_train, t_train))
        norms.append(sum(float((network.params[f"W{i}"] ** 2).sum()) for i in (1, 2, 3)))
    assert norms[1] < 0.7 * norms[0]


def test_chapter_6_adds_half_lambda_w_squared_to_the_loss() -> None:
    x, t = np.random.randn(5, 4), np.array([0, 1, 2, 0, 1])
    network = MultiLayerNet(4, [3], 3, weight_decay_lambda=0.3)
    squares = sum(float((network.params[key] ** 2).sum()) for key in ("W1", "W2"))
    scores = network.last_layer.forward(network.predict(x), t)
    assert network.loss(x, t) == pytest.approx(scores + 0.5 * 0.3 * squares)
    numerical = network.numerical_gradient(x, t)
    for key, grad in network.gradient(x, t).items():
        np.testing.assert_allclose(grad, numerical[key], atol=1e-7)


def test_chapter_6_drops_units_in_training_alone() -> None:
    x_train, t_train, x_test, t_test = digits()
    network = MultiLayerNetExtend(
        input_size=64,
        hidden_size_list=[50, 50],
        output_size=10,
        use_dropout=True,
        dropout_ration=0.2,
    )
    trainer = Trainer(
        network,
        x_train,
        t_train,
        x_test,
        t_test,
        epochs=5,
        mini_batch_size=100,
        optimizer="sgd",
        optimizer_param={"lr": 0.1},
        verbose=False,
    )
    trainer.train()
    assert len(trainer.train_loss_list) == trainer.max_iter
    assert len(trainer.train_acc_list) == len(trainer.test_acc_list) >= 1
    x = x_train[:3]
    np.testing.assert_array_equal(network.predict(x), network.predict(x))
    assert (network.predict(x, train_flg=True) != network.predict(x, train_flg=True)).any()
    assert network.accuracy(x_test, t_test) > 0.7


def test_chapter_6_checks_batch_normalization_and_uses_its_running_means() -> None:
    network = MultiLayerNetExtend(
        6, [5, 4], 3, activation="sigmoid", weight_init_std=0.5, use_batchnorm=True
    )
    assert {"gamma1", "beta1", "gamma2", "beta2"} <= set(network.params)
    x, t = np.random.randn(20, 6), np.random.randint(0, 3, 20)
    grad_backprop = network.gradient(x, t)
    grad_numerical = network.numerical_gradient(x, t)
    for key in grad_numerical:
        assert np.average(np.abs(grad_backprop[key] - grad_numerical[key])) < 1e-7
    for _ in range(200):
        network.loss(x, t, train_flg=True)
    np.testing.assert_allclose(
        network.predict(x), network.predict(x, train_flg=True), rtol=1e-5, atol=1e-7
    )


def test_chapter_6_layers_take_train_flg() -> None:
    x = np.random.randn(50, 4)
    layer = BatchNormalization(np.ones(4), np.zeros(4), running_mean=np.full(4, 9.0))
    out = layer.forward(x, train_flg=True)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(layer.running_mean, 0.9 * 9 + 0.1 * x.mean(axis=0))
    layer.backward(np.ones((50, 4)))
    np.testing.assert_allclose(layer.dbeta, 50)
    pictures = np.random.randn(6, 1, 2, 2)
    assert layer.forward(pictures, train_flg=False).shape == (6, 1, 2, 2)
    dropout = Dropout(0.5)
    np.testing.assert_array_equal(dropout.forward(x, train_flg=False), x * 0.5)
    assert 0.3 < float((dropout.forward(x, train_flg=True) == 0).mean()) < 0.7


def test_chapter_7_windows_side_by_side_and_back() -> None:
    x = np.random.randn(10, 3, 7, 7)
    col = im2col(x, 5, 5, stride=1, pad=0)
    assert col.shape == (90, 75)
    W, b = np.random.randn(4, 3, 5, 5), np.random.randn(4)
    out = (col @ W.reshape(4, -1).T + b).reshape(10, 3, 3, 4).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(Convolution(W, b).forward(x), out, rtol=1e-10, atol=1e-12)
    counts = col2im(np.ones_like(col), (10, 3, 7, 7), 5, 5)
    assert counts[0, 0, 0].tolist() == [1, 2, 3, 3, 3, 2, 1]
    assert col2im(im2col(x, 2, 2, 2, 1), (10, 3, 7, 7), 2, 2, 2, 1).shape == x.shape


def test_chapter_7_trains_the_simple_convnet(tmp_path: Path) -> None:
    x_train, t_train, x_test, t_test = digits()
    x_train, x_test = x_train.reshape(-1, 1, 8, 8), x_test.reshape(-1, 1, 8, 8)
    network = SimpleConvNet(
        input_dim=(1, 8, 8),
        conv_param={"filter_num": 8, "filter_size": 3, "pad": 0, "stride": 1},
        hidden_size=30,
        output_size=10,
        weight_init_std=0.05,
    )
    trainer = Trainer(
        network,
        *(x_train, t_train, x_test, t_test),
        epochs=12,
        mini_batch_size=50,
        optimizer="Adam",
        optimizer_param={"lr": 0.005},
        evaluate_sample_num_per_epoch=200,
        verbose=False,
    )
    trainer.train()
    assert trainer.test_acc_list[-1] > 0.9
    network.save_params(str(tmp_path / "params.pkl"))
    other = SimpleConvNet((1, 8, 8), {"filter_num": 8, "filter_size": 3, "pad": 0, "stride": 1}, 30)
    other.load_params(str(tmp_path / "params.pkl"))
    np.testing.assert_array_equal(other.predict(x_test), network.predict(x_test))
    assert list(network.layers)[:3] == ["Conv1", "Relu1", "Pool1"]


def test_chapter_7_checks_the_simple_convnets_gradients() -> None:
    network = SimpleConvNet(
        input_dim=(1, 6, 6),
        conv_param={"filter_num": 2, "filter_size": 3, "pad": 0, "stride": 1},
        hidden_size=4,
        output_size=3,
        weight_init_std=0.5,
    )
    x, t = np.random.rand(2, 1, 6, 6), np.array([2, 0])
    grad_num = network.numerical_gradient(x, t)
    grad = network.gradient(x, t)
    for key, val in grad_num.items():
        assert np.abs(grad[key] - val).sum() / val.size < 1e-6


def test_chapter_8_has_the_deep_convnet() -> None:
    network = DeepConvNet()
    shapes = [network.params[f"W{i}"].shape for i in range(1, 9)]
    assert shapes[:2] == [(16, 1, 3, 3), (16, 16, 3, 3)]
    assert shapes[5:] == [(64, 64, 3, 3), (64 * 4 * 4, 50), (50, 10)]
    x, t = np.random.rand(2, 1, 28, 28), np.array([3, 1])
    assert network.predict(x).shape == (2, 10)
    grads = network.gradient(x, t)
    assert set(grads) == set(network.params)
    assert np.isfinite(network.loss(x, t))


def test_what_is_asked_for_and_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="activation 'swish': must be one of relu, sigmoid"):
        MultiLayerNet(2, [2], 2, activation="swish")
    with pytest.raises(ValueError, match="weight_init_std 'wide': must be a number, relu"):
        MultiLayerNet(2, [2], 2, weight_init_std="wide")
    x = np.zeros((1, 2))
    with pytest.raises(ValueError, match="optimizer 'Lion': must be one of sgd"):
        Trainer(MultiLayerNet(2, [2], 2), x, x, x, x, optimizer="Lion")
    with pytest.raises(ValueError, match="pad 1: must be 0"):
        Pooling(2, 2, 2, pad=1)


def test_samples_and_targets_are_shuffled_together() -> None:
    x, t = shuffle_dataset(np.arange(20), np.arange(20))
    assert (x == t).all()
    assert (x != np.arange(20)).any()
