"""`tui_backprop.step`: somebody's own net on the tape, with its first wrong operation marked."""

import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tui_backprop
from tests.own.mistaken import CASES, RightlyTied
from tests.own.nets import (
    Affine,
    BatchNorm,
    Linear,
    ListNet,
    Net,
    Relu,
    Sigmoid,
    SlottedAffine,
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
from tests.test_imports import modules_loaded_by
from tui_backprop.own.tracing import trace_own
from tui_backprop.tape_file import load_tape
from tui_backprop.ui.tape_app import NoTerminalError
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.subject import first_subject
from tui_backprop.walkthrough.tape import Phase, Tape
from tui_backprop.walkthrough.words import disagreement_words

RIGHT: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "relu": lambda: (fully_connected(affine_params()), *batch()),
    "sigmoid": lambda: (fully_connected(affine_params(), activation=Sigmoid), *batch()),
    "tanh": lambda: (fully_connected(affine_params(), activation=Tanh), *batch()),
    "decay": lambda: (fully_connected(affine_params(), decay=0.3), *batch()),
    "normalized": lambda: (normalized(), *batch()),
    "dropout": lambda: (with_dropout(), *batch()),
    "pictures": lambda: (convolutional(), *batch((1, 6, 6))),
    "tied": lambda: (RightlyTied(Affine), *batch((4,))),
}


def assert_derives(tape: Tape) -> None:
    assert tape.disagreement is None, disagreement_words(tape)
    for step in tape:
        assert step.declared is not None, step.formula
        index = first_subject(tape, step.number).index
        assert derive(tape, step.number, index).agrees, step.formula


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_net_derives_from_the_first_operation_to_the_last(name: str) -> None:
    network, x, t = RIGHT[name]()
    tape = trace_own(network, x, t)
    assert_derives(tape)
    for key, grad in network.gradient(x, t).items():
        if name != "dropout":
            np.testing.assert_array_equal(tape.find(f"d{key}").output.array, grad)
    assert tape.labels is not None
    assert [span.phase for span in tape.phases] == [Phase.FORWARD, Phase.LOSS, Phase.BACKWARD]


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from([Relu, Sigmoid, Tanh]),
    st.sampled_from(["float32", "float64"]),
    st.integers(1, 7),
    st.sampled_from([0.0, 0.1]),
    st.booleans(),
    st.integers(0, 1000),
)
@settings(max_examples=40)
def test_no_right_net_is_called_wrong(
    sizes: list[int],
    activation: Any,
    dtype: str,
    samples: int,
    decay: float,
    one_hot: bool,
    seed: int,
) -> None:
    sizes[-1] += 1
    params = {k: p.astype(dtype) for k, p in affine_params(tuple(sizes), seed).items()}
    network = fully_connected(params, activation=activation, decay=decay)
    x, t = batch((sizes[0],), sizes[-1], samples, seed)
    targets = np.eye(sizes[-1])[t] if one_hot else t
    assert_derives(trace_own(network, x.astype(dtype), targets))


MARKED = {
    "no-mean": "dy",
    "mean-twice at dy": "dy",
    "mean-twice at dW": "dW2",
    "sign": "dy",
    "softmax-jacobian": "dy",
    "softmax-whole-batch": "y",
    "exp-local": "dy",
    "one-hot-broadcast": "dy",
    "no-mask": "Activation1.dx",
    "mask-on-dout": "Activation1.dx",
    "sigmoid-of-x": "Activation1.dx",
    "no-local sigmoid": "Activation1.dx",
    "bias-mean": "db2",
    "bias-mean in a convolution": "db2",
    "bias-all": "db2",
    "bias-all as a number": "db2",
    "last-sample": "dW2",
    "overwrite-at-fork": "dW1",
    "no-transpose at dW": "dW2",
    "no-transpose at dx": "Affine2.dx",
    "updated-weight": "Affine2.dx",
    "stale-x": "dW2",
    "decay-missing": "dW1",
    "decay-double": "dW1",
    "times-two at dW": "dW2",
    "times-two at dy": "dy",
    "dropout-redrawn": "Dropout1.dx",
    "batchnorm-constant": "BatchNorm1.dx",
    "pool-all-ties": "Pool1.dx",
    "col2im-overwrite": "Conv2.dx",
}
"""By the mistake: the label of what the operation makes that is wrong."""


@pytest.mark.parametrize("name", MARKED)
def test_the_wrong_operation_is_marked(name: str) -> None:
    tape = trace_own(*CASES[name]())
    assert tape.disagreement is not None
    assert tape.step(tape.disagreement.step).output.label == MARKED[name]


def _state() -> str:
    return repr(np.random.get_state(legacy=False)["state"])  # noqa: NPY002 - it is theirs


def _bits(network: Any) -> dict[str, Any]:
    held = {f"params {key}": array for key, array in network.params.items()}
    for name, layer in network.layers.items():
        held |= {f"{name} {attribute}": value for attribute, value in vars(layer).items()}
    return {
        name: (id(value), value.tobytes() if isinstance(value, np.ndarray) else repr(value))
        for name, value in held.items()
    }


@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("build", [normalized, with_dropout, convolutional])
def test_nothing_of_the_users_changes(build: Callable[[], Net], copied: bool) -> None:
    network = build()
    x, t = batch((1, 6, 6) if build is convolutional else (5,))
    network.gradient(x, t)
    if not copied:
        network.lock = threading.Lock()  # type: ignore[attr-defined]  # which no copy is made of
    before, of_x, state = _bits(network), x.tobytes(), _state()
    tape = trace_own(network, x, t)
    assert tape.disagreement is None
    assert _bits(network) == before
    assert x.tobytes() == of_x
    assert _state() == state
    assert all("forward" not in vars(layer) for layer in network.layers.values())


@pytest.mark.parametrize("ran", [True, False])
def test_a_gradient_hung_onto_a_net_shows_its_layers_and_changes_none(ran: bool) -> None:
    network, (x, t) = with_hung_gradient(), batch()
    if ran:
        network.gradient(*batch(seed=5))
    before = _bits(network)
    tape = trace_own(network, x, t)
    assert _bits(network) == before
    assert_derives(tape)
    assert tape.step(1).title == "Affine1.forward"


def test_a_forward_that_is_wrapped_shows_its_layer_and_changes_nothing() -> None:
    network, (x, t) = fully_connected(affine_params()), batch()
    layer, seen = network.layers["Affine1"], []
    own = layer.forward

    def counted(x: Any) -> Any:
        seen.append(1)
        return own(x)

    layer.forward = counted
    network.gradient(*batch(seed=5))
    before = _bits(network)
    assert_derives(trace_own(network, x, t))
    assert _bits(network) == before
    assert layer.forward is counted


def test_a_layer_without_a_dict_is_seen_too() -> None:
    network, (x, t) = fully_connected(affine_params((5, 4, 4, 3)), SlottedAffine), batch()
    methods = SlottedAffine.forward, SlottedAffine.backward
    tape = trace_own(network, x, t)
    assert_derives(tape)
    titles = [step.title for step in tape]
    assert titles.index("Affine1.forward") < titles.index("Affine2.forward")
    for key, grad in network.gradient(x, t).items():
        np.testing.assert_array_equal(tape.find(f"d{key}").output.array, grad)
    assert (SlottedAffine.forward, SlottedAffine.backward) == methods


def test_what_a_module_holds_is_left_as_it_has_become() -> None:
    """It is everybody's: an import in the meantime is not to be undone."""
    network, (x, t) = fully_connected(affine_params()), batch()
    helper = network.helper = types.ModuleType("helper")  # type: ignore[attr-defined]
    helper.cache = {}  # type: ignore[attr-defined]

    class Cached(Relu):
        def forward(self, x: Any) -> Any:
            helper.cache["rows"] = helper.rows = len(x)  # type: ignore[attr-defined]
            return super().forward(x)

    network.layers["Activation1"] = Cached()
    trace_own(network, x, t)
    assert (helper.cache, helper.rows) == ({"rows": len(x)}, len(x))


class Swish:
    """A layer that none of ours is."""

    def forward(self, x: Any) -> Any:
        self.x = x
        return x / (1 + np.exp(-x))

    def backward(self, dout: Any) -> Any:
        share = 1 / (1 + np.exp(-self.x))
        return dout * share * (1 + self.x * (1 - share))


def test_a_layer_that_is_none_of_ours_shows_its_values() -> None:
    tape = trace_own(fully_connected(affine_params(), activation=Swish), *batch())
    undeclared = [step.formula for step in tape if step.declared is None]
    assert undeclared == ["out = Swish.forward(x)", "dx = Swish.backward(dout, x)"]
    assert tape.disagreement is None


class Plain:
    """Params, loss and gradient, and no layers."""

    def __init__(self) -> None:
        self.params = {"w": np.array([1.0, 2.0])}

    def loss(self, x: Any, t: Any) -> float:
        return float(((x @ self.params["w"] - t) ** 2).sum())

    def gradient(self, x: Any, t: Any) -> dict[str, Any]:
        return {"w": 2 * x.T @ (x @ self.params["w"] - t)}


def test_a_net_without_layers_shows_what_goes_in_and_what_comes_out() -> None:
    tape = trace_own(Plain(), np.eye(2), np.ones(2))
    assert [step.formula for step in tape] == [
        "loss = Plain.loss(x, t, w)",
        "dw = Plain.gradient(x, W)",
    ]
    assert tape.find("loss").output.array == 1.0
    assert tape.parameter_of_gradient(2) == "w"


def test_a_list_of_layers_goes_with_its_loss(tmp_path: Path) -> None:
    file, network = tmp_path / "list.tape", ListNet(Linear(3, 4, 3), Tanh(), Linear(4, 2, 4))
    tui_backprop.step(network, np.eye(3), np.ones((3, 2)), save=file, loss=SquaredError())
    tape = load_tape(file)
    assert tape.disagreement is None
    undeclared = [step.title for step in tape if step.declared is None]
    assert undeclared == ["ListNet.loss", "ListNet.backward"]
    assert tape.find("dLinear1.w").declared is not None
    assert not network.layers[0].grads, "a copy has made the pass"


def test_pictures_are_rows_for_a_normalization_and_pictures_again() -> None:
    class Rows:
        """Theirs normalizes rows: pictures are made such, and back."""

        def __init__(self, gamma: Any, beta: Any) -> None:
            self.gamma, self.beta, self.inner = gamma, beta, BatchNorm(gamma, beta)

        def forward(self, x: Any) -> Any:
            self.shape = x.shape
            return self.inner.forward(x.reshape(len(x), -1)).reshape(self.shape)

        def backward(self, dout: Any) -> Any:
            dx = self.inner.backward(dout.reshape(len(dout), -1)).reshape(self.shape)
            self.dgamma, self.dbeta = self.inner.dgamma, self.inner.dbeta
            return dx

    params = affine_params((8, 3)) | {"gamma1": np.full(8, 0.5), "beta1": np.ones(8)}
    layers = {
        "BatchNorm1": Rows(params["gamma1"], params["beta1"]),
        "Relu1": Relu(),
        "Affine1": Affine(params["W1"], params["b1"]),
    }
    tape = trace_own(Net(params, layers), *batch((2, 2, 2)))
    assert tape.disagreement is None
    assert [step.formula for step in tape if step.declared is None] == ["out = reshape(x)"]
    assert tape.find("BatchNorm1.dx").output.array.shape == (6, 2, 2, 2)


def test_code_between_the_layers_is_a_step_of_its_own() -> None:
    class Scaled(Net):
        def predict(self, x: Any) -> Any:
            return super().predict(x / 2)

    params = affine_params()
    layers = {"Affine1": Affine(params["W1"], params["b1"]), "Relu1": Relu()}
    layers["Affine2"] = Affine(params["W2"], params["b2"])
    tape = trace_own(Scaled(params, layers), *batch())
    assert tape.step(1).formula == "out = Scaled's own code(x)"
    assert tape.step(2).title == "Affine1.forward"
    assert tape.disagreement is None


def test_a_tape_is_saved_and_the_wrong_operation_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network, x, t = CASES["bias-mean"]()
    tui_backprop.step(network, x, t, save=tmp_path / "batch.tape")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tui-backprop: Step 9, Affine2.backward: the code made db2[")
    tape = load_tape(tmp_path / "batch.tape")
    assert tape.disagreement == trace_own(network, x, t).disagreement


def test_without_a_terminal_it_says_so() -> None:
    with pytest.raises(NoTerminalError, match="no terminal"):
        tui_backprop.step(Plain(), np.eye(2), np.ones(2))


def test_what_is_no_net_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match="int has no `params`"):
        tui_backprop.step(3, np.eye(2), np.ones(2))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not modules_loaded_by("import tui_backprop") & {"numpy", "textual", "rich", "click"}
    loaded = modules_loaded_by("import tui_backprop; tui_backprop.step")
    assert "numpy" in loaded
    assert not loaded & {"textual", "rich", "plotext", "click"}
