"""The catalogue of mistakes: each can be planted into the operations of our own tapes."""

import pickle
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.walkthrough.nets import Case, case_of, layer_case, tape_of
from tui_backprop.nn import Affine, Dropout, IdentityWithLoss, Relu, SoftmaxWithLoss
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import LayerChoice
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.mistakes.catalogue import MISTAKE_BY_KEY, MISTAKES
from tui_backprop.walkthrough.mistakes.fork import Fork
from tui_backprop.walkthrough.mistakes.mistake import Mistake
from tui_backprop.walkthrough.tape import Step

BETWEEN_OPERATIONS = {"in-place-dout"}
"""They are made in no single operation: nothing of our tapes shows them."""

WORDS = {"names": "W1 and b1", "where": "Relu1", "N": 10, "c": "0.1"}

Place = tuple[type[Any], Operation, dict[str, Array]]


def places() -> Iterator[Place]:
    """Yield operations of some tapes, the kind they are of, and what is known where they stand."""
    square = [LayerChoice(Affine, {"units": 4}), LayerChoice(Relu)]
    decaying = case_of([*square, LayerChoice(Affine, {"units": 4})], SoftmaxWithLoss, samples=4)
    decaying.net.weight_decay = 0.1
    numbers = case_of([*square, LayerChoice(Affine, {"units": 2})], IdentityWithLoss)
    names = ("sigmoid", "tanh", "leaky_relu", "batch_norm", "dropout", "conv", "pool")
    for case in (decaying, numbers, *map(layer_case, names)):
        yield from places_of(case)
    uses = (np.ones((2, 3)), np.full((2, 3), 2.0))
    fork = Fork.sum_of(uses)
    yield Fork, fork, dict(zip(fork.inputs, uses, strict=True))


def places_of(case: Case) -> Iterator[Place]:
    tape = tape_of(case)
    for step in tape:
        beside = {
            other.output.symbol: other.output.array for other in tape if other.layer == step.layer
        }
        for other in tape:
            if other.layer == step.layer:
                beside |= other.arrays
        assert isinstance(step.operation, Operation)
        yield kind_of(case, step), step.operation, {**given(step, beside), **step.arrays}


def kind_of(case: Case, step: Step) -> type[Any]:
    if step.layer in case.net.layers:
        return type(case.net.layers[step.layer])
    if step.layer == WeightDecay.NAME:
        return WeightDecay
    for owner in (case.net.last_layer, case.optimizer):
        if type(owner).__name__ == step.layer:
            return type(owner)
    raise AssertionError(step.layer)


def given(step: Step, beside: dict[str, Array]) -> dict[str, Array]:
    """Return what a lab would have to know to plant a mistake there."""
    made = {"c": np.array(2.0), "η": np.array(0.1), "before": 0.5 + step.output.array}
    if "mask" in beside:
        made["other mask"] = 1 - beside["mask"]
    return beside | made


PLACES = list(places())


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.key)
def test_a_mistake_can_be_planted_where_it_is_made_and_changes_the_result(
    mistake: Mistake,
) -> None:
    shown = 0
    for kind, operation, known in PLACES:
        planted = mistake.planted(kind, operation)
        if planted is None:
            continue
        assert planted.output == operation.output
        assert planted.formula == operation.formula, "the screen still says what belongs there"
        assert set(operation.inputs) <= set(planted.inputs)
        inputs = {symbol: known[symbol] for symbol in planted.inputs if symbol in known}
        right = operation.compute({symbol: known[symbol] for symbol in operation.inputs})
        try:
            with np.errstate(all="ignore"):
                wrong = planted.compute(inputs)
        except ValueError:
            continue
        assert wrong.shape == right.shape
        again = pickle.loads(pickle.dumps(planted.compute))
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(again(inputs), wrong)
        shown += not np.allclose(wrong, right)
    assert bool(shown) == (mistake.key not in BETWEEN_OPERATIONS)


def test_planting_leaves_the_operation_itself_as_it_was() -> None:
    for kind, operation, known in PLACES:
        before = operation.compute
        for mistake in MISTAKES:
            mistake.planted(kind, operation)
        assert operation.compute is before
        assert known


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.key)
def test_its_words_are_whole(mistake: Mistake) -> None:
    for text in (mistake.title, mistake.evidence):
        filled = text.format(**WORDS)
        assert filled
        assert not re.search(r"[{}]|  |\.$", filled)
    for text in (mistake.instead, mistake.source):
        assert text
        assert not text.endswith(".")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mistake.key)


def test_keys_are_unique() -> None:
    assert len(MISTAKE_BY_KEY) == len(MISTAKES) == 29


def test_a_mask_of_another_draw_needs_to_be_known() -> None:
    mistake = MISTAKE_BY_KEY["dropout-redrawn"]
    (operation,) = Dropout.BACKWARD
    planted = mistake.planted(Dropout, operation)
    assert planted is not None
    assert planted.inputs == (*operation.inputs, "other mask")
