"""Checking somebody's net: right ones pass in every form, and nothing of theirs is touched."""

import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tui_backprop
from tests.own.mistaken import RightlyTied, residual
from tests.own.nets import (
    Affine,
    BatchNorm,
    Dropout,
    Linear,
    ListNet,
    Net,
    PlainNet,
    Relu,
    Sigmoid,
    SlottedAffine,
    SoftmaxWithLoss,
    SquaredError,
    Tanh,
    affine_params,
    batch,
    convolutional,
    fully_connected,
    normalized,
    with_dropout,
    with_hung_gradient,
)
from tui_backprop.own.layer_checks import set_gradient
from tui_backprop.own.report import Report
from tui_backprop.own.verdict import Verdict


def check(*args: Any, **kwargs: Any) -> Report:
    report = tui_backprop.check(*args, show=False, **kwargs)
    assert isinstance(report, Report)
    return report


def tied() -> Net:
    return RightlyTied(Affine)


RIGHT: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "relu": (lambda: fully_connected(affine_params()), (5,)),
    "sigmoid": (lambda: fully_connected(affine_params(), activation=Sigmoid), (5,)),
    "tanh": (lambda: fully_connected(affine_params((5, 4, 4, 3)), activation=Tanh), (5,)),
    "decay": (lambda: fully_connected(affine_params(), decay=0.1), (5,)),
    "batch norm": (normalized, (5,)),
    "dropout": (with_dropout, (5,)),
    "convolution": (convolutional, (1, 6, 6)),
    "plain": (lambda: PlainNet(affine_params()), (5,)),
    "tied": (tied, (4,)),
    "residual": (lambda: residual(Relu())[0], (5,)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_net_passes_and_is_not_touched(name: str) -> None:
    build, shape = RIGHT[name]
    net, (x, t) = build(), batch(shape)
    net.gradient(x, t)
    params = {key: param.tobytes() for key, param in net.params.items()}
    layers = {key: repr(vars(layer)) for key, layer in getattr(net, "layers", {}).items()}
    given = x.tobytes()
    before = str(np.random.get_state()), random.getstate()  # noqa: NPY002
    report = check(net, x, t)
    assert report.ok
    assert report.verdict is Verdict.RIGHT
    assert {p.verdict for p in report.parameters.values()} == {Verdict.RIGHT}
    assert {layer.verdict for layer in report.layers.values()} <= {Verdict.RIGHT}
    assert report.mistakes == ()
    assert str(report).endswith("every gradient is right")
    assert {key: param.tobytes() for key, param in net.params.items()} == params
    assert {key: repr(vars(layer)) for key, layer in getattr(net, "layers", {}).items()} == layers
    assert x.tobytes() == given
    assert (str(np.random.get_state()), random.getstate()) == before  # noqa: NPY002


def not_copied() -> Net:
    net = fully_connected(affine_params())
    net.lock = threading.Lock()  # type: ignore[attr-defined]  # which no copy is made of
    return net


def _held(net: Net) -> dict[str, Any]:
    """Return what layers hold: which objects, and of arrays the bytes."""
    return {
        f"{place} {name}": (
            id(value),
            value.tobytes() if isinstance(value, np.ndarray) else repr(value),
        )
        for place, layer in enumerate([*net.layers.values(), net.last_layer])
        for name, value in vars(layer).items()
    }


@pytest.mark.parametrize("ran", [True, False])
@pytest.mark.parametrize("functions", [True, False])
@pytest.mark.parametrize("build", [with_hung_gradient, not_copied])
def test_what_layers_remember_is_put_back(
    build: Callable[[], Net], functions: bool, ran: bool
) -> None:
    net = build()
    if ran:
        net.gradient(*batch(seed=5))
    before, (x, t) = _held(net), batch()
    if functions:
        of = {"loss": net.loss, "gradient": net.gradient, "params": net.params}
        assert check(x=x, t=t, **of).ok
    else:
        assert check(net, x, t).ok
    assert _held(net) == before


def test_a_layer_without_a_dict_is_checked_alone_too() -> None:
    report = check(fully_connected(affine_params((5, 4, 4, 3)), SlottedAffine), *batch())
    assert report.ok
    assert {layer.verdict for layer in report.layers.values()} == {Verdict.RIGHT}


def test_the_mistake_of_a_layer_without_a_dict_is_named() -> None:
    class NoMean(SlottedAffine):
        __slots__ = ()

        def backward(self, dout: Any) -> Any:
            dx = super().backward(dout)
            self.db = dout.mean(axis=0)
            return dx

    net, x, t = residual(Relu())
    net.layers["Affine1"] = NoMean(net.params["W1"], net.params["b1"])
    report = check(net, x, t)
    assert {found.mistake.key for found in report.mistakes} == {"bias-mean"}
    assert report.parameters["W1"].verdict is Verdict.RIGHT


@pytest.mark.parametrize("kind", [Affine, SlottedAffine])
def test_a_layer_takes_the_right_gradient_as_an_attribute(kind: Any) -> None:
    params = affine_params((5, 3))
    layer = kind(params["W1"], params["b1"])
    layer.dW, layer.db = np.zeros((5, 3)), np.zeros(3)
    set_gradient(layer, params, "b1", np.ones(3))
    assert (layer.db.tolist(), layer.dW.any()) == ([1, 1, 1], False)


def test_a_layer_takes_the_right_gradient_in_its_grads() -> None:
    layer = Linear(2, 4, 0)
    layer.grads = {"w": np.zeros((2, 4)), "b": np.zeros(4)}
    set_gradient(layer, {"Linear1.b": layer.params["b"]}, "Linear1.b", np.ones(4))
    assert (layer.grads["b"].tolist(), layer.grads["w"].any()) == ([1, 1, 1, 1], False)


@st.composite
def right_nets(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Draw a net, a batch and targets of a form that the book has."""
    sizes = tuple(draw(st.lists(st.integers(1, 6), min_size=2, max_size=4)))
    sizes = (*sizes[:-1], max(2, sizes[-1]))
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float32]))
    scale = draw(st.sampled_from([0.01, 0.5, 2.0]))
    seed = draw(st.integers(0, 10_000))
    params = {k: (scale * p).astype(dtype) for k, p in affine_params(sizes, seed).items()}
    activation = draw(st.sampled_from([Relu, Sigmoid, Tanh]))
    samples = draw(st.integers(1, 8))
    x, t = batch((sizes[0],), sizes[-1], samples, seed)
    x = x.astype(dtype)
    if draw(st.booleans()):
        t = np.eye(sizes[-1])[t]
    plain = draw(st.integers(0, 4)) == 0 and len(sizes) == 3 and t.ndim == 1
    if plain:
        return PlainNet(params), x, t
    decay = draw(st.sampled_from([0.0, 0.1]))
    net = fully_connected(params, activation=activation, decay=decay)
    extra = draw(st.sampled_from(["", "dropout", "batch norm"]))
    if extra and len(sizes) > 2:
        names = list(net.layers)
        layer: Any = Dropout()
        if extra == "batch norm":
            gamma, beta = np.ones(sizes[1], dtype), np.zeros(sizes[1], dtype)
            net.params |= {"gamma1": gamma, "beta1": beta}
            layer = BatchNorm(gamma, beta)
        order = {names[0]: net.layers[names[0]], extra: layer}
        net.layers = type(net.layers)(order | {n: net.layers[n] for n in names[1:]})
    return net, x, t


@given(right_nets())
def test_a_right_net_is_never_called_wrong(drawn: tuple[Any, Any, Any]) -> None:
    report = check(*drawn)
    assert report.verdict is not Verdict.WRONG, f"{report}"
    assert report.mistakes == ()


@given(st.integers(0, 10_000), st.sampled_from(["no-mean", "bias-mean", "no-mask", "sign"]))
@settings(max_examples=40)
def test_a_mistake_is_named_in_any_net_where_it_shows(seed: int, key: str) -> None:
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(3, 7, 3))
    x, t = batch((sizes[0],), sizes[-1], int(rng.integers(3, 12)), seed)

    class Loss(SoftmaxWithLoss):
        def backward(self, dout: float = 1) -> Any:
            dy = super().backward(dout)
            return {"no-mean": dy * len(x), "sign": -dy}.get(key, dy)

    class Bias(Affine):
        def backward(self, dout: Any) -> Any:
            dx = super().backward(dout)
            self.db = dout.mean(axis=0) if key == "bias-mean" else self.db
            return dx

    class Mask(Relu):
        def backward(self, dout: Any) -> Any:
            return dout if key == "no-mask" else super().backward(dout)

    net = fully_connected(affine_params(sizes, seed), Bias, Mask, Loss())
    # Where all that comes back is positive, a mask by its sign would let all of it through, too.
    net.loss(x, t)
    dout = net.last_layer.backward() @ net.params["W2"].T
    assume(key != "no-mask" or (dout < 0).any())
    report = check(net, x, t)
    net.loss(x, t)
    hidden = net.layers["Activation1"].mask
    assert report.ok == (key == "no-mask" and not hidden.any())
    assert {found.mistake.key for found in report.mistakes} == (set() if report.ok else {key})


def test_mistakes_that_this_batch_cannot_tell_apart_are_both_said() -> None:
    class Mask(Relu):
        def backward(self, dout: Any) -> Any:
            return dout

    sizes, seed = (4, 3, 3), 3626
    net = fully_connected(affine_params(sizes, seed), Affine, Mask)
    x, t = batch((4,), 3, 5, seed)
    net.loss(x, t)
    assert (net.last_layer.backward() @ net.params["W2"].T > 0).all()
    report = check(net, x, t)
    assert report.verdict is Verdict.WRONG
    assert report.mistakes == ()
    assert "mask-on-dout or no-mask; try a batch of another size" in str(report)


def test_a_net_whose_layer_wraps_its_own_forward_is_right_after_a_pass_of_the_same_batch() -> None:
    net, (x, t) = fully_connected(affine_params()), batch()
    layer = net.layers["Affine1"]
    own = layer.forward
    layer.forward = lambda x: own(x)
    net.gradient(x, t)
    report = check(net, x, t)
    assert report.ok, f"{report}"


def test_functions_of_x_and_t_are_checked_in_place_and_put_back() -> None:
    params, (x, t) = affine_params(), batch()
    before = {key: param.tobytes() for key, param in params.items()}
    net = PlainNet(params)
    seen = []

    def loss(x: Any, t: Any) -> float:
        seen.append(params["W1"].tobytes())
        return net.loss(x, t)

    report = check(loss=loss, gradient=net.gradient, params=params, x=x, t=t)
    assert report.ok
    assert len(set(seen)) > 20, "the very arrays moved"
    assert {key: param.tobytes() for key, param in params.items()} == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_parameters_are_put_back_when_the_code_raises(error: type[BaseException]) -> None:
    params, (x, t) = affine_params(), batch()
    before = {key: param.tobytes() for key, param in params.items()}
    net, calls = PlainNet(params), []

    def loss(x: Any, t: Any) -> float:
        calls.append(1)
        if len(calls) > 30:
            raise error("enough")
        return net.loss(x, t)

    with pytest.raises(error):
        check(loss=loss, gradient=net.gradient, params=params, x=x, t=t)
    assert {key: param.tobytes() for key, param in params.items()} == before


@pytest.mark.parametrize("arguments", ["params, x, t", "params", ""])
def test_functions_may_take_the_params_themselves(arguments: str) -> None:
    params, (x, t) = affine_params(), batch()
    functions: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "params, x, t": (
            lambda params, x, t: PlainNet(params).loss(x, t),
            lambda params, x, t: PlainNet(params).gradient(x, t),
        ),
        "params": (
            lambda params: PlainNet(params).loss(x, t),
            lambda params: list(PlainNet(params).gradient(x, t).values()),
        ),
        "": (lambda: PlainNet(params).loss(x, t), lambda: PlainNet(params).gradient(x, t)),
    }
    loss, gradient = functions[arguments]
    given = {"x": x, "t": t} if "x" in arguments else {}
    assert check(loss=loss, gradient=gradient, params=params, **given).ok


def test_float32_functions_are_judged_by_their_own_precision() -> None:
    params = {key: param.astype(np.float32) for key, param in affine_params().items()}
    x, t = batch()
    net = PlainNet(params)
    given = {"params": params, "x": x.astype(np.float32), "t": t}
    assert check(loss=net.loss, gradient=net.gradient, **given).ok

    def wrong(x: Any, t: Any) -> dict[str, Any]:
        return net.gradient(x, t) | {"b2": 1.1 * net.gradient(x, t)["b2"]}

    report = check(loss=net.loss, gradient=wrong, **given)
    assert report.parameters["b2"].verdict is Verdict.WRONG
    assert report.parameters["W1"].verdict is Verdict.RIGHT


def test_a_loss_that_changes_by_itself_is_told_apart_from_a_wrong_gradient() -> None:
    net, (x, t) = PlainNet(affine_params()), batch()
    calls = []

    def loss(x: Any, t: Any) -> float:
        calls.append(1)
        return net.loss(x, t) + 0.01 * len(calls)

    report = check(loss=loss, gradient=net.gradient, params=net.params, x=x, t=t)
    assert report.verdict is Verdict.NOT_CHECKABLE
    assert not report.ok
    assert "the loss is not deterministic: " in str(report)
    assert {p.verdict for p in report.parameters.values()} == {Verdict.NOT_CHECKABLE}


def test_what_is_drawn_from_a_generator_of_its_own_is_the_same_each_time() -> None:
    class Noisy(Dropout):
        def __init__(self) -> None:
            super().__init__()
            self.rng = np.random.default_rng(4)

        def forward(self, x: Any, train_flg: bool = True) -> Any:
            self.mask = self.rng.random(x.shape) > self.ratio
            return x * self.mask

    net = with_dropout(Noisy)
    state = net.layers["Dropout1"].rng.bit_generator.state
    assert check(net, *batch()).ok
    assert net.layers["Dropout1"].rng.bit_generator.state == state


class ModedNet(Net):
    """As the book's MultiLayerNetExtend: loss predicts unless told, gradient trains."""

    def predict(self, x: Any, train_flg: bool = False) -> Any:
        for name, layer in self.layers.items():
            moded = name.startswith(("Dropout", "BatchNorm"))
            x = layer.forward(x, train_flg) if moded else layer.forward(x)
        return x

    def loss(self, x: Any, t: Any, train_flg: bool = False) -> float:
        return float(self.last_layer.forward(self.predict(x, train_flg), t))

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        self.loss(x, t, train_flg=True)
        self.backward()
        return self.collected()


@pytest.mark.parametrize("build", [normalized, with_dropout])
def test_a_loss_that_has_to_be_told_to_train_is_told(build: Callable[[], Net]) -> None:
    net = build()
    assert check(ModedNet(net.params, net.layers), *batch()).ok


def test_a_net_whose_gradient_is_that_of_prediction_is_checked_so() -> None:
    class Predicting(ModedNet):
        def gradient(self, x: Any, t: Any) -> dict[str, Any]:
            self.loss(x, t)
            self.layers["Dropout1"].mask = 0.6
            self.backward()
            return self.collected()

    net = with_dropout()
    report = check(Predicting(net.params, net.layers), *batch())
    assert report.ok
    assert "compared with the loss of a pass that predicts" in str(report)


def test_a_gradient_at_a_kink_is_not_called_wrong() -> None:
    params = affine_params()
    params["b1"][:] = 0
    x, t = batch()
    x[2] = 0
    report = check(fully_connected(params), x, t)
    assert report.verdict is Verdict.NOT_CHECKABLE
    assert report.parameters["b1"].how == "at a kink: try another batch"
    assert report.parameters["W1"].verdict is Verdict.RIGHT


def test_a_loss_that_is_no_number_is_not_checkable() -> None:
    params = affine_params()
    params["W1"][0, 0] = np.nan
    report = check(fully_connected(params), *batch())
    assert report.verdict is Verdict.NOT_CHECKABLE
    assert "the loss is nan" in str(report)


def test_how_much_of_a_large_parameter_was_compared_is_said() -> None:
    net = fully_connected(affine_params((60, 50, 3)))
    report = check(net, *batch((60,)), entries=30)
    assert report.ok
    assert report.parameters["W1"].entries == 3000
    assert 20 <= report.parameters["W1"].compared <= 30
    assert "entries of W1, b1 and W2 were compared, and two directions of each." in str(report)
    assert str(check(net, *batch((60,)), entries=30)) == str(report), "by a fixed seed"


def test_a_list_of_layers_is_checked_with_its_loss() -> None:
    net = ListNet(Linear(2, 4, 0), Tanh(), Linear(4, 2, 1))
    x, t = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]), np.eye(2)[[0, 1, 1, 0]]
    report = check(net, x, t, loss=SquaredError())
    assert report.ok
    assert list(report.parameters) == ["Linear1.w", "Linear1.b", "Linear2.w", "Linear2.b"]
    net.layers[1].backward = lambda grad: grad
    wrong = check(net, x, t, loss=SquaredError())
    assert not wrong.ok
    assert wrong.first_wrong == "dx of Tanh1.backward"


class Optimizer:
    def __init__(self, lr: float, step: Callable[[float, Any], Any]) -> None:
        self.lr, self.step = lr, step

    def update(self, params: dict[str, Any], grads: dict[str, Any]) -> None:
        for key in params:
            params[key] += self.step(self.lr, grads[key])


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (lambda lr, g: -lr * g, ""),
        (lambda lr, g: lr * g, "ascent"),
        (lambda lr, g: -lr * lr * g, "eta-twice"),
    ],
)
def test_an_update_is_looked_at_where_an_optimizer_is_given(
    step: Callable[[float, Any], Any], key: str
) -> None:
    net = PlainNet(affine_params())
    report = check(net, *batch(), optimizer=Optimizer(0.1, step))
    assert report.ok == (not key)
    assert {found.mistake.key for found in report.mistakes} == ({key} if key else set())
    assert {p.verdict for p in report.parameters.values()} == {Verdict.RIGHT}


def test_an_update_of_another_kind_is_not_judged() -> None:
    net = PlainNet(affine_params())
    report = check(net, *batch(), optimizer=Optimizer(0.1, lambda lr, g: -lr * np.sign(g)))
    assert report.ok
    assert "it is not judged" in str(report)


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        ((object(), 1, 2), "object has no `params`"),
        ((None, 1, 2), "loss, gradient, params missing"),
        ((type("N", (), {"params": [1], "loss": 1, "gradient": 1})(), 1, 2), "must be a dict"),
        (
            (type("N", (), {"params": {"W": np.ones(2, int)}, "loss": 1, "gradient": 1})(), 1, 2),
            r"params\['W'\] is int64: it must be an array of floating-point numbers",
        ),
    ],
)
def test_what_is_no_net_is_refused_in_one_line(args: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(TypeError, match=complaint):
        check(*args)


@pytest.mark.parametrize("h", [0.0, -1.0, float("nan"), float("inf")])
def test_a_step_size_that_cannot_be_is_refused(h: float) -> None:
    with pytest.raises(ValueError, match="h = "):
        check(PlainNet(affine_params()), *batch(), h=h)


def test_names_of_parameters_steer_no_terminal() -> None:
    params = {f"{key}\x1b[31m": param for key, param in affine_params().items()}

    def renamed(arrays: dict[str, Any]) -> dict[str, Any]:
        return {f"{key}\x1b[31m": array for key, array in arrays.items()}

    def plain() -> PlainNet:
        return PlainNet({key[:2]: param for key, param in params.items()})

    report = check(
        loss=lambda x, t: plain().loss(x, t),
        gradient=lambda x, t: renamed(plain().gradient(x, t)),
        params=params,
        x=batch()[0],
        t=batch()[1],
    )
    assert report.ok
    assert "\x1b" not in str(report)
