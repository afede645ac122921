"""The subject of a step, the cells it is made of, and the way back from one of them."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, make_case, tape_of
from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.subject import (
    first_subject,
    related,
    sample_of,
    user_of,
    worst_sample,
)
from tui_backprop.walkthrough.tape import Step, Tape


def _used(tape: Tape, step: Step, symbol: str, cell: Index) -> bool:
    """Return whether any cell of a step's result is made of this one."""
    return any(
        cell in found[symbol].cells
        for index in np.ndindex(step.output.array.shape)
        if symbol in (found := related(tape, step.number, index))
    )


def test_a_weights_gradient_is_made_of_one_column_of_x_and_one_of_dout() -> None:
    tape = tape_of(make_case())
    step = tape.find("dW2")
    cells = related(tape, step.number, (4, 1))
    assert cells["x"].span == (None, 4)
    assert cells["dout"].span == (None, 1)
    assert cells["x"].cells == {(n, 4) for n in range(6)}
    largest = derive(tape, step.number, (4, 1)).by_magnitude()[0].term.operands
    assert cells["x"].first == largest[0].index
    assert cells["dout"].first == largest[1].index
    assert sample_of(tape, step.number, (4, 1)) == largest[0].index[0]


def test_an_output_is_made_of_a_row_a_column_and_a_bias() -> None:
    tape = tape_of(make_case())
    cells = related(tape, tape.find("Affine2.out").number, (3, 1))
    assert [cells[symbol].span for symbol in ("x", "W", "b")] == [(3, None), (None, 1), (1,)]


@given(any_cases())
@settings(max_examples=30, deadline=None)
def test_the_cells_related_to_any_subject_are_those_of_its_derivation(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        subject = first_subject(tape, step.number)
        assert subject.reason
        cells = related(tape, step.number, subject.index)
        derivation = derive(tape, step.number, subject.index)
        terms = (*derivation.terms, *derivation.divisor_terms)
        for named in step.inputs:
            used = {o.index for term in terms for o in term.operands if o.symbol == named.symbol}
            assert used == (cells[named.symbol].cells if named.symbol in cells else set())
            if not used:
                continue
            found = cells[named.symbol]
            assert found.first in used
            if found.span is not None:
                inside = np.zeros(named.array.shape, bool)
                inside[tuple(slice(None) if place is None else place for place in found.span)] = 1
                assert {tuple(map(int, place)) for place in np.argwhere(inside)} == used


@given(any_cases())
@settings(max_examples=15, deadline=None)
def test_from_any_operands_cell_there_is_a_way_to_a_cell_that_uses_it(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        subject = first_subject(tape, step.number).index
        reads = set(related(tape, step.number, subject))
        for named in step.inputs:
            if named.symbol not in reads:
                continue
            for cell in np.ndindex(named.array.shape):
                user = user_of(tape, step.number, named.symbol, cell, subject)
                if user is None:
                    # Of a loss's arrays only the right class is read, and between windows that
                    # lie apart there are cells in none.
                    assert not _used(tape, step, named.symbol, cell)
                    continue
                assert cell in related(tape, step.number, user)[named.symbol].cells


def test_a_cell_that_is_already_related_keeps_the_subject() -> None:
    tape = tape_of(make_case())
    number = tape.find("dW2").number
    assert user_of(tape, number, "x", (3, 4), (4, 1)) == (4, 1)
    assert user_of(tape, number, "x", (3, 2), (4, 1)) == (2, 1)
    assert user_of(tape, number, "dout", (3, 0), (4, 1)) == (4, 0)


def test_the_first_subject_is_of_the_sample_the_net_gets_most_wrong() -> None:
    case = make_case()
    tape = tape_of(case)
    losses = case.net.last_layer.sample_losses(tape.find("Affine2.out").output.array, case.t)
    worst, label = int(losses.argmax()), int(case.t[losses.argmax()])
    assert worst_sample(tape) == worst
    for name in ("Affine2.out", "y", "dy"):
        subject = first_subject(tape, tape.find(name).number)
        assert subject.index == (worst, label)
        assert subject.reason == (
            f"sample {worst} is the one the net gets most wrong; {label} is its class"
        )
    assert first_subject(tape, tape.find("db2").number).index == (label,)
    assert first_subject(tape, tape.find("dW2").number).index[1] == label
    hidden = first_subject(tape, tape.find("Relu1.out").number)
    assert hidden.index[0] == worst
    assert "largest" in hidden.reason
    moved = first_subject(tape, tape.find("W1′").number)
    gradient = np.abs(tape.find("dW1").output.array)
    assert gradient[moved.index] == gradient.max()
    assert moved.reason == "it changes most"


def test_a_step_of_no_sample_has_none() -> None:
    tape = tape_of(make_case())
    assert sample_of(tape, tape.find("W1′").number, (0, 0)) is None
    assert sample_of(tape, tape.find("dy").number, (2, 1)) == 2
    assert sample_of(tape, tape.find("loss").number, ()) == worst_sample(tape)


@pytest.mark.filterwarnings("error")
def test_a_net_that_has_diverged_has_subjects_too() -> None:
    case = make_case()
    case.net.params["W2"][1, 1] = np.nan
    tape = tape_of(case)
    for step in tape:
        subject = first_subject(tape, step.number)
        assert related(tape, step.number, subject.index)
