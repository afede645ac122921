"""Any cell of any step: its terms make the number shown, and lead back to where they came from."""

import math

import numpy as np
import pytest
from hypothesis import given

from tests.walkthrough.nets import Case, cases, make_case
from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import Cell, CellDerivation, derive
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.trace import trace


def _tape(case: Case) -> Tape:
    return trace(case.net, case.optimizer, case.x, case.t)


def _derive(tape: Tape, label: str, *index: int) -> CellDerivation:
    return derive(tape, tape.find(label).number, index)


@given(cases())
def test_the_terms_of_every_cell_make_the_number_shown(case: Case) -> None:
    tape = _tape(case)
    for step in tape:
        for index in np.ndindex(step.output.array.shape):
            derivation = derive(tape, step.number, index)
            assert derivation.shown == step.output.array[index]
            total = math.fsum(term.value for term in derivation.terms)
            assert derivation.value == pytest.approx(total / derivation.divisor, rel=1e-12)
            assert abs(derivation.shown - derivation.value) <= derivation.rounding_bound
            assert derivation.agrees


@given(cases())
def test_every_operand_is_the_cell_it_names(case: Case) -> None:
    tape = _tape(case)
    for step in tape:
        index = tuple(n - 1 for n in step.output.array.shape)
        derivation = derive(tape, step.number, index)
        for term in (*derivation.terms, *derivation.divisor_terms):
            for operand in term.operands:
                named = step.input(operand.symbol)
                if named is None:
                    assert (operand.symbol, operand.value) == ("N", tape.sample_count)
                    continue
                assert operand.value == named.array[operand.index]
                assert operand.label == named.label
                if operand.source is None:
                    assert named.step is None
                else:
                    source = tape.step(operand.source.step)
                    assert source.number < step.number
                    assert source.output.array[operand.source.index] == operand.value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_bound_is_tight_enough_to_notice_a_wrong_number(dtype: type) -> None:
    tape = _tape(make_case((40, 20, 10), samples=30, dtype=dtype))
    for step in tape:
        index: Index = (0,) * step.output.array.ndim
        derivation = derive(tape, step.number, index)
        largest = float(np.abs([term.value for term in derivation.terms]).max())
        largest /= abs(derivation.divisor)
        allowed = 6000 * float(np.finfo(dtype).eps) * largest + 1e-36
        assert derivation.rounding_bound <= allowed


def test_a_weights_gradient_is_one_product_a_sample() -> None:
    tape = _tape(make_case())
    derivation = _derive(tape, "dW2", 4, 1)
    assert [term.names() for term in derivation.terms] == [
        f"x[{n},4] · dout[{n},1]" for n in range(6)
    ]
    relu, dy = tape.find("Relu1.out"), tape.find("dy")
    first = derivation.terms[2].operands
    assert [operand.label for operand in first] == ["Relu1.out", "dy"]
    assert [operand.source for operand in first] == [
        Cell(relu.number, (2, 4)),
        Cell(dy.number, (2, 1)),
    ]
    # Jumping on: dy comes from y, that from the scores, and they from weights, which are leaves.
    assert first[1].source is not None
    y = derive(tape, first[1].source.step, first[1].source.index).terms[0].operands[0]
    assert y.source is not None
    score = derive(tape, y.source.step, y.source.index).terms[0].operands[0]
    assert score.source is not None
    products = derive(tape, score.source.step, score.source.index).terms
    assert products[0].operands[1].label == "W2"
    assert products[0].operands[1].source is None
    assert products[-1].names() == "b[1]"


def test_softmax_is_explained_by_its_exponentials_and_their_sum() -> None:
    derivation = _derive(_tape(make_case()), "y", 3, 1)
    assert len(derivation.terms) == 1
    assert len(derivation.divisor_terms) == 3
    assert derivation.divisor_terms[1] == derivation.terms[0]
    assert max(term.value for term in derivation.divisor_terms) == 1


def test_a_relus_gradient_shows_the_mask() -> None:
    tape = _tape(make_case())
    x = tape.find("Affine1.out").output.array
    for index in np.ndindex(x.shape):
        (term,) = _derive(tape, "Relu1.dx", *index).terms
        assert (term.value == 0) == (x[index] <= 0)
        assert [operand.label for operand in term.operands] == ["Affine2.dx", "Affine1.out"]


def test_the_loss_has_a_term_a_sample_even_where_a_probability_underflows() -> None:
    case = make_case(dtype=np.float32)
    tape = _tape(case)
    derivation = _derive(tape, "loss")
    assert [term.names() for term in derivation.terms] == [
        f"−log y[{n},{label}]" for n, label in enumerate(case.t)
    ]
    assert derivation.divisor_terms[0].names() == "N"

    case.net.params["b2"][case.t[0]] -= 500
    tape = _tape(case)
    assert tape.y is not None
    assert tape.y[0, case.t[0]] == 0
    derivation = _derive(tape, "loss")
    assert derivation.terms[0].value > 490
    assert derivation.agrees
    assert derivation.terms[0].operands[0].label == "Affine2.out"


def test_terms_by_magnitude_with_running_totals() -> None:
    derivation = _derive(_tape(make_case()), "dW1", 1, 2)
    ranked = derivation.by_magnitude()
    sizes = [abs(item.term.value) for item in ranked]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(item.position for item in ranked) == list(range(len(derivation.terms)))
    assert all(derivation.terms[item.position] is item.term for item in ranked)
    assert ranked[1].total == ranked[0].term.value + ranked[1].term.value
    assert ranked[-1].total == pytest.approx(derivation.value)


def test_numbers_stand_in_parentheses_behind_a_sign() -> None:
    tape = _tape(make_case())
    derivation = _derive(tape, "W1′", 0, 0)
    gradient = tape.find("dW1").output.array[0, 0]
    shown = derivation.terms[1].numbers(lambda value: f"{value:.3f}")
    written = f"({gradient:.3f})" if gradient < 0 else f"{gradient:.3f}"
    assert shown == f"−0.100 · {written}"
    products = _derive(tape, "Affine1.out", 0, 0).terms[:-1]
    texts = [term.numbers(lambda value: f"{value:.1f}") for term in products]
    assert any("· (-" in text for text in texts)
    assert not any(text.startswith("(") for text in texts)


def test_an_updates_terms_are_called_as_its_formula_calls_them() -> None:
    tape = _tape(make_case())
    assert [term.names() for term in _derive(tape, "W1′", 0, 0).terms] == [
        "W1[0,0]",
        "−η · dW1[0,0]",
    ]
    assert [term.names() for term in _derive(tape, "b2′", 2).terms] == ["b2[2]", "−η · db2[2]"]


def test_the_loss_after_the_update_is_made_of_what_is_predicted_then() -> None:
    case = make_case()
    derivation = _derive(_tape(case), "loss′")
    assert [term.names() for term in derivation.terms] == [
        f"−log y′[{n},{label}]" for n, label in enumerate(case.t)
    ]


@pytest.mark.parametrize("index", [(4, 0), (0, 5), (-1, 0), (0,), (0, 0, 0), ()])
def test_a_cell_that_is_not_there_is_named(index: Index) -> None:
    tape = _tape(make_case())
    with pytest.raises(IndexError, match=r"^dW1.*: the index must be 0 to 3, 0 to 4$"):
        derive(tape, tape.find("dW1").number, index)


def test_a_loss_has_no_index_and_a_tape_no_step_18() -> None:
    tape = _tape(make_case())
    with pytest.raises(IndexError, match=r"^loss\[0\]: the index must be no index at all$"):
        derive(tape, 5, (0,))
    with pytest.raises(IndexError, match="step 18: must be from 1 to 17"):
        derive(tape, 18, ())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
def test_cells_of_a_net_that_has_diverged_can_still_be_asked(value: float) -> None:
    case = make_case()
    case.net.params["W2"][1, 1] = value
    tape = _tape(case)
    for step in tape:
        for index in np.ndindex(step.output.array.shape):
            assert derive(tape, step.number, index).shown is not None
