"""Every layer and every optimizer the package has declares its operations, and rightly."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.walkthrough.nets import make_case
from tui_backprop.nn import SGD, Affine, Layer, Optimizer, Relu, SoftmaxWithLoss
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.softmax_with_loss import sample_losses
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Term,
    cell,
    plain,
    product,
)
from tui_backprop.nn.parameters import Parameters
from tui_backprop.walkthrough.derivation import Cell, derive, rounding_bound
from tui_backprop.walkthrough.trace import trace

LAYERS: dict[type[Layer], Callable[[], Layer]] = {
    Affine: lambda: Affine(_random(4, 3), _random(3)),
    Relu: Relu,
}
OPTIMIZERS: dict[type[Optimizer], Callable[[], Optimizer]] = {SGD: lambda: SGD(0.1)}


def _random(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def _subclasses(base: type[Any]) -> list[type[Any]]:
    """Return all classes of the package below `base`, at any depth."""
    found = []
    for sub in base.__subclasses__():
        found += [sub] if sub.__module__.startswith("tui_backprop.") else []
        found += _subclasses(sub)
    return found


def _assert_declared(operation: Operation, known: Mapping[str, Array], output: Array) -> None:
    inputs = {name: known[name] for name in operation.inputs}
    shapes = {name: array.shape for name, array in inputs.items()}
    assert operation.shapes_text(shapes, output.shape)
    for index in np.ndindex(output.shape):
        derivation = operation.terms(inputs, index)
        bound = rounding_bound(derivation, output.dtype)
        assert abs(derivation.value - float(output[index])) <= bound
        for term in (*derivation.terms, *derivation.divisor_terms):
            assert term.form.format(*(operand.name for operand in term.operands))
            for operand in term.operands:
                if operand.name in inputs:
                    assert operand.value == inputs[operand.name][operand.index]


@pytest.mark.parametrize("layer_class", _subclasses(Layer))
def test_every_layer_declares_how_its_outputs_are_made(layer_class: type[Layer]) -> None:
    assert layer_class in LAYERS, f"add an example of {layer_class.__name__} to LAYERS"
    layer = LAYERS[layer_class]()
    x = _random(5, 4)
    out = layer.forward(x)
    dout = _random(*out.shape)
    made = {"dx": layer.backward(dout), **{f"d{k}": grad for k, grad in layer.grads.items()}}
    known = {"x": x, **layer.params}

    assert layer.FORWARD[-1].output == "out"
    _assert_declared(layer.FORWARD[-1], known, out)
    assert {operation.output for operation in layer.BACKWARD} == set(made)
    for operation in layer.BACKWARD:
        _assert_declared(operation, {**known, "dout": dout}, made[operation.output])


@pytest.mark.parametrize("layer_class", _subclasses(Layer))
def test_an_entrywise_layer_is_one(layer_class: type[Layer]) -> None:
    layer = LAYERS[layer_class]()
    x = _random(5, 4)
    moved = x.copy()
    moved[2, 1] += 3
    changed = np.argwhere(layer.forward(x) != layer.forward(moved))
    if layer.ELEMENTWISE:
        assert changed.tolist() in ([], [[2, 1]])
    else:
        assert len(changed) > 1


def test_the_last_layer_declares_probabilities_loss_and_gradient() -> None:
    layer, x, t = SoftmaxWithLoss(), _random(5, 4), np.array([3, 0, 1, 1, 2])
    loss = layer.forward(x, t)
    dy = layer.backward()
    known = {"x": x, "y": layer.y, "t": np.eye(4, dtype=np.float32)[t]}
    assert [operation.output for operation in layer.FORWARD] == ["y", "loss"]
    _assert_declared(layer.FORWARD[0], known, layer.y)
    _assert_declared(layer.FORWARD[1], known, np.array(loss, np.float32))
    (operation,) = layer.BACKWARD
    _assert_declared(operation, known, dy)


def test_the_losses_of_single_samples_average_to_the_layers_loss() -> None:
    x, t = _random(2, 5, 4) * 50, np.array([3, 0, 1, 1, 2])
    for scores, losses in zip(x, sample_losses(x, t), strict=True):
        assert losses.mean() == pytest.approx(SoftmaxWithLoss().forward(scores, t), rel=1e-6)


@pytest.mark.parametrize("optimizer_class", _subclasses(Optimizer))
def test_every_optimizer_declares_its_update(optimizer_class: type[Optimizer]) -> None:
    assert optimizer_class in OPTIMIZERS, f"add an example of {optimizer_class.__name__}"
    _assert_update_is_explained(OPTIMIZERS[optimizer_class]())


def _assert_update_is_explained(optimizer: Optimizer) -> None:
    assert optimizer.UPDATE[-1].output == "W"
    net, _, x, t = make_case()
    for _ in range(2):
        tape = trace(net, optimizer, x, t)
        for step in tape:
            for index in np.ndindex(step.output.array.shape):
                assert derive(tape, step.number, index).agrees
        optimizer.update(net.params, net.gradient(x, t))
        for key, param in net.params.items():
            np.testing.assert_array_equal(tape.find(f"{key}′").output.array, param)


def _velocity_terms(inputs: Inputs, index: Index) -> Derivation:
    kept = product(cell(inputs, "α"), cell(inputs, "v", *index))
    rate, gradient = cell(inputs, "η"), cell(inputs, "dW", *index)
    pushed = Term.of("−{0} · {1}", rate, gradient, value=-rate.value * gradient.value)
    return Derivation((kept, pushed))


def _moved_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(cell(inputs, "W", *index)), plain(cell(inputs, "v", *index))))


class WithVelocity(Optimizer):
    """An optimizer with state: the tape must show it before and after."""

    UPDATE: ClassVar = (
        Operation("v", "v ← α v − η dW", ("α", "v", "η", "dW"), "{v}", _velocity_terms),
        Operation("W", "W ← W + v", ("W", "v"), "{W} + {v}", _moved_terms),
    )

    def constants(self) -> dict[str, float]:
        return {**super().constants(), "α": 0.9}

    def state(self, key: str) -> dict[str, Array]:
        return {"v": self.updates[key]} if key in self.updates else {}

    def compute_updates(self, grads: Mapping[str, Array]) -> Parameters:
        if not self.updates:
            self.updates = Parameters(grads)
            self.updates.vector.fill(0)
        self.updates.vector *= 0.9
        self.updates.vector -= self.lr * Parameters.of(grads).vector
        return self.updates


def test_an_optimizers_state_is_on_the_tape() -> None:
    optimizer = WithVelocity(0.1)
    _assert_update_is_explained(optimizer)
    net, _, x, t = make_case(seed=5)
    tape = trace(net, optimizer, x, t)
    step = tape.find("v′ of W1")
    before = step.input("v")
    assert before is not None
    assert before.origin.name == "STATE"
    np.testing.assert_array_equal(before.array, optimizer.updates["W1"])
    assert tape.find("W1′").formula == "W1 ← W1 + v"
    velocity = derive(tape, tape.find("W1′").number, (0, 0)).terms[1].operands[0]
    assert velocity.source == Cell(step.number, (0, 0))


def test_a_layer_or_optimizer_without_declarations_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="Silent must declare its operations: FORWARD"):
        type("Silent", (Layer,), {})
    with pytest.raises(TypeError, match="Silent must declare its operations: BACKWARD"):
        type("Silent", (Layer,), {"FORWARD": ()})
    with pytest.raises(TypeError, match="Silent must declare its operations: UPDATE"):
        type("Silent", (Optimizer,), {})


def test_shapes_are_written_as_in_the_formula() -> None:
    operation = Affine.BACKWARD[1]
    text = operation.shapes_text({"x": (100, 50), "dout": (100, 10)}, (50, 10))
    assert text == "(50,100)·(100,10) → (50,10)"
    assert Affine.BACKWARD[2].shapes_text({"dout": (100, 10)}, (10,)) == "Σₙ (100,10) → (10,)"
