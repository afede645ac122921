"""Whatever the catalogue offers declares its operations, and rightly: to the bit, cell by cell."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import tui_backprop.nn
from tests.walkthrough.nets import MODE, Case, any_cases, case_of, layer_case, make_case, tape_of
from tui_backprop.nn import (
    EVALUATION,
    AdaGrad,
    Adam,
    Affine,
    Layer,
    Loss,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import LayerChoice
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.settings.catalogue import LAYERS, OPTIMIZERS, load
from tui_backprop.settings.tasks import TASKS
from tui_backprop.walkthrough.derivation import Cell, derive, rounding_bound
from tui_backprop.walkthrough.full_check import CheckOutcome, check_all
from tui_backprop.walkthrough.tape import Origin
from tui_backprop.walkthrough.trace import trace


def _subclasses_in_package(base: type) -> set[str]:
    """Return the classes of the package's nn that are written as subclasses of one."""
    found: set[str] = set()
    names = {base.__name__}
    files = sorted(Path(tui_backprop.nn.__path__[0]).rglob("*.py"))
    for _ in range(3):
        for file in files:
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and any(
                    isinstance(parent, ast.Name) and parent.id in names for parent in node.bases
                ):
                    found.add(node.name)
        names |= found
    return found


def test_the_catalogue_has_every_class_there_is() -> None:
    layers = {load(entry.path).__name__ for entry in LAYERS}
    assert _subclasses_in_package(Layer) == layers
    assert _subclasses_in_package(Optimizer) == {load(e.path).__name__ for e in OPTIMIZERS}
    assert _subclasses_in_package(Loss) == {load(task.loss).__name__ for task in TASKS.values()}


@given(any_cases())
def test_what_operations_compute_equals_every_pass_to_the_bit(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        with np.errstate(all="ignore"):
            assert step.declared is not None
            made = step.declared.compute(step.arrays)
        np.testing.assert_array_equal(np.asarray(made), step.output.array, err_msg=step.title)
        assert np.asarray(made).dtype == step.output.array.dtype
        assert step.shapes


@given(any_cases())
@settings(max_examples=25)
def test_every_cell_of_any_net_derives(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        for index in np.ndindex(step.output.array.shape):
            derivation = derive(tape, step.number, index)
            assert derivation.agrees, (step.title, step.formula, index)
            for term in (*derivation.terms, *derivation.divisor_terms):
                assert term.names()
                for operand in term.operands:
                    named = step.input(operand.symbol)
                    if named is not None:
                        assert operand.value == named.array[operand.index]


@given(any_cases())
@settings(max_examples=25)
def test_the_check_finds_any_net_right(case: Case) -> None:
    check = check_all(case.net, case.x, case.t, mode=MODE)
    wrong = [p for p in check.parameters if p.outcome is CheckOutcome.WRONG]
    assert not wrong


@given(any_cases())
@settings(max_examples=25)
def test_the_tape_is_the_iteration_to_the_bit(case: Case) -> None:
    tape = tape_of(case)
    net, optimizer = case.net, case.optimizer
    with np.errstate(all="ignore"):
        loss = net.loss(case.x, case.t, MODE)
        net.backward()
        optimizer.propose(net.params, net.grads, MODE.iteration)
        state = net.renewed_state()
        optimizer.commit(net.params)
        net.renew_state(state)
    assert float(tape.find("loss").output.array) == loss
    for key, param in net.params.items():
        np.testing.assert_array_equal(tape.find(f"d{key}").output.array, net.grads[key])
        np.testing.assert_array_equal(tape.find(f"{key}′").output.array, param)
    for name, layer in net.layers.items():
        for symbol, part in layer.state.items():
            np.testing.assert_array_equal(tape.find(f"{symbol}′ of {name}").output.array, part)


@pytest.mark.parametrize("name", [entry.name for entry in LAYERS])
@pytest.mark.parametrize("task", sorted(TASKS))
def test_a_planted_error_in_any_layer_is_caught(
    name: str, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = layer_case(name, task, samples=9, dtype=np.float64)
    assert check_all(case.net, case.x, case.t, mode=MODE).outcome is CheckOutcome.RIGHT
    kind = load(next(entry.path for entry in LAYERS if entry.name == name))
    right = kind.backward

    def bent(self: Layer, dout: Array) -> Array:
        dx: Array = right(self, dout) * 1.01
        return dx

    monkeypatch.setattr(kind, "backward", bent)
    check = check_all(case.net, case.x, case.t, mode=MODE)
    wrong = {p.key for p in check.parameters if p.outcome is CheckOutcome.WRONG}
    # Behind a normalization a bias has no say: its gradient is 0, bent or not.
    expected = {"W1"} if name == "batch_norm" else {"W1", "b1"}
    # The last layer of the net is bent too.
    assert wrong == expected | ({"W2", "b2"} if name == "affine" else set())


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name)
def test_what_a_layer_declares_of_columns_and_samples_is_so(entry: object) -> None:
    name = entry.name  # type: ignore[attr-defined]
    case = layer_case(name, dtype=np.float64)
    layer = list(case.net.layers.values())[1]
    x = np.random.default_rng(1).standard_normal((6, *case.net.blueprint.layers[0].plan.out))
    seen = 0
    for column in range(x[0].size):
        moved = x.copy()
        moved.reshape(6, -1)[2, column] += 3
        out, after = (layer.forward(some, MODE).reshape(6, -1) for some in (x, moved))
        changed = np.argwhere(out != after)
        seen += len(changed)
        if layer.COLUMNWISE:
            assert set(changed[:, 1]) <= {column}
        if layer.SAMPLEWISE:
            assert set(changed[:, 0]) <= {2}
    assert seen
    layer.forward(x, MODE)
    batches = layer.forward_batches(np.stack([x, moved]))
    np.testing.assert_allclose(batches[1], layer.forward(moved, MODE), rtol=1e-12)
    np.testing.assert_allclose(batches[0], layer.forward(x, MODE), rtol=1e-12)


@pytest.mark.parametrize("entry", LAYERS, ids=lambda entry: entry.name)
def test_a_pass_that_predicts_is_explained_too(entry: object) -> None:
    name = entry.name  # type: ignore[attr-defined]
    case = layer_case(name)
    layer = list(case.net.layers.values())[1]
    shape = (6, *case.net.blueprint.layers[0].plan.out)
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    out = layer.forward(x, EVALUATION)
    known = {"x": x, **layer.params, **layer.state, **scalars(layer.constants())}
    for operation in layer.PREDICTION or layer.FORWARD:
        known[operation.output] = operation.compute(known)
        for index in np.ndindex(known[operation.output].shape):
            derivation = operation.terms(known, index)
            off = abs(derivation.value - float(known[operation.output][index]))
            assert off <= rounding_bound(derivation, np.float32)
    np.testing.assert_array_equal(known["out"], out)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_losses_of_single_samples_average_to_the_layers_loss(task: str) -> None:
    outputs = 1 if task == "binary" else 4
    case = case_of([LayerChoice(Affine, {"units": outputs})], load(TASKS[task].loss), samples=5)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 5, outputs)) * 50
    for scores, losses in zip(x, case.net.last_layer.sample_losses(x, case.t), strict=True):
        loss = type(case.net.last_layer)().forward(scores, case.t)
        assert losses.mean() == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize(
    "optimizer", [Momentum(0.1), Nesterov(0.1), AdaGrad(0.1), RMSprop(0.1), Adam(0.1)]
)
def test_an_optimizers_state_is_on_the_tape(optimizer: Optimizer) -> None:
    net, _, x, t = make_case(seed=5)
    optimizer.update(net.params, net.gradient(x, t))
    tape = trace(net, optimizer, x, t)
    symbol = optimizer.STATE[-1]
    step = tape.find(f"{symbol}′ of W1")
    before = step.input(symbol)
    assert before is not None
    assert before.origin is Origin.STATE
    np.testing.assert_array_equal(before.array, optimizer.state("W1")[symbol])
    update = tape.find("W1′")
    used = [o for term in derive(tape, update.number, (0, 0)).terms for o in term.operands]
    assert Cell(step.number, (0, 0)) in {operand.source for operand in used}


def test_the_books_momentum_on_the_tape() -> None:
    net, _, x, t = make_case()
    assert trace(net, Momentum(0.1), x, t).find("W1′").formula == "W1 ← W1 + v"


def test_a_layer_loss_or_optimizer_without_declarations_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="Silent must declare its operations: FORWARD"):
        type("Silent", (Layer,), {})
    with pytest.raises(TypeError, match="Silent must declare its operations: BACKWARD"):
        type("Silent", (Layer,), {"FORWARD": ()})
    with pytest.raises(TypeError, match="Silent must declare its operations: FORWARD"):
        type("Silent", (Loss,), {})
    with pytest.raises(TypeError, match="Silent must declare its operations: UPDATE"):
        type("Silent", (Optimizer,), {})


def test_shapes_are_written_as_in_the_formula() -> None:
    operation = Affine.BACKWARD[1]
    text = operation.shapes_text({"x": (100, 50), "dout": (100, 10)}, (50, 10))
    assert text == "(50,100)·(100,10) → (50,10)"
    assert Affine.BACKWARD[2].shapes_text({"dout": (100, 10)}, (10,)) == "Σₙ (100,10) → (10,)"
