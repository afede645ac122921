"""What a step shows and does not explain by itself is in its glossary, and nothing else."""

import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, layer_case, make_case, tape_of
from tui_backprop.nn import Adam
from tui_backprop.walkthrough.glossary import GLOSSARY, glossary
from tui_backprop.walkthrough.tape import Phase, Tape


def _terms(tape: Tape, label: str) -> set[str]:
    return {entry.term for entry in glossary(tape, tape.find(label).number)}


def test_a_weights_gradient_explains_the_transpose_and_the_check() -> None:
    terms = _terms(tape_of(make_case()), "dW2")
    assert {"dout, dx, dW", "chain rule", "·", "ᵀ", "h", "kink", "round-off"} <= terms
    assert not {"nats", "foretold", "mask", "η", "dy", "state"} & terms


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("loss", {"nats", "N", "minibatch"}),
        ("dy", {"dy", "N", "chain rule"}),
        ("Relu1.out", {"kink"}),
        ("db1", {"Σₙ"}),
        ("W1′", {"η", "←", "′", "foretold"}),
        ("y", {"Σₖ"}),
        ("loss′", {"foretold", "nats", "′"}),
    ],
)
def test_a_step_explains_its_own_words(label: str, wanted: set[str]) -> None:
    assert wanted <= _terms(tape_of(make_case()), label)


def test_a_mask_and_state_are_explained_where_they_stand() -> None:
    case = layer_case("dropout", "regression", optimizer=Adam(0.1))
    tape = tape_of(case)
    assert "mask" in _terms(tape, "Dropout1.out")
    assert "state" in _terms(tape, "m′ of W1")
    assert "nats" not in _terms(tape, "loss")


@given(any_cases())
@settings(max_examples=25, deadline=None)
def test_every_sign_of_a_formula_is_in_its_glossary(case: Case) -> None:
    for step in (tape := tape_of(case)):
        terms = {entry.term for entry in glossary(tape, step.number)}
        for sign in ("·", "×", "ᵀ", "Σₙ", "Σₖ", "η", "←"):
            assert (sign in step.formula) == (sign in terms)
        assert ("N" in terms) == ("/ N" in step.formula)
        assert ("chain rule" in terms) == (step.phase is Phase.BACKWARD)


def test_no_term_stands_twice_and_each_has_a_sentence() -> None:
    terms = [entry.term for entry in GLOSSARY]
    assert len(set(terms)) == len(terms)
    assert all(entry.meaning.endswith(".") for entry in GLOSSARY)
