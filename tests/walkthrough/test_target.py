"""Where typed words lead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.walkthrough.nets import make_case
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.target import Target, find_target, target_words
from tui_backprop.walkthrough.trace import trace


def _tape() -> Tape:
    case = make_case()
    return trace(case.net, case.optimizer, case.x, case.t)


@pytest.mark.parametrize(
    ("text", "label", "cell"),
    [
        ("dW2", "dW2", None),
        ("dw2", "dW2", None),
        ("dW1[3,1]", "dW1", (3, 1)),
        (" dW1[3, 1] ", "dW1", (3, 1)),
        ("Affine2 dW", "dW2", None),
        ("Affine2.out", "Affine2.out", None),
        ("softmax", "y", None),
        ("relu", "Relu1.out", None),
        ("11", "dW1", None),
        ("W1′", "W1′", None),
        ("loss", "loss", None),
    ],
)
def test_a_word_leads_to_an_operation_or_a_cell(
    text: str, label: str, cell: tuple[int, ...] | None
) -> None:
    tape = _tape()
    assert find_target(tape, text) == Target(tape.find(label).number, cell)


def test_a_sample_is_found_by_its_number() -> None:
    assert find_target(_tape(), "sample 5") == Target(sample=5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("99", "step 99: must be from 1 to 17"),
        ("sample 6", "sample 6: must be from 0 to 5"),
        ("dW1[9,0]", "the index must be 0 to 3, 0 to 4"),
        ("dW7", "'dW7' is none of the tape's"),
        ("", "is none of the tape's"),
    ],
)
def test_what_leads_nowhere_says_what_is_there(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_target(_tape(), text)


def test_every_word_of_the_completion_leads_somewhere() -> None:
    tape = _tape()
    for word in target_words(tape):
        if word != "sample ":
            assert find_target(tape, word).step is not None


def _refusal(text: str) -> str:
    """Return why a text leads nowhere, "" where it leads somewhere."""
    try:
        find_target(_tape(), text)
    except ValueError as error:
        return str(error)
    return ""


@given(st.text(max_size=30))
def test_any_text_leads_somewhere_or_is_refused_in_printable_words(text: str) -> None:
    assert _refusal(text).isprintable()
