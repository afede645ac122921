"""The subject of a step, the cells it is made of, and the way back from one of them."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, case_of, make_case, tape_of
from tui_backprop.nn import Affine, Convolution, Pooling, SoftmaxWithLoss
from tui_backprop.nn.blueprint import LayerChoice
from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.subject import (
    Sight,
    first_subject,
    related,
    sample_of,
    worst_sample,
)
from tui_backprop.walkthrough.tape import Step, Tape
from tui_backprop.walkthrough.user import user_of


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
        assert step.declared is not None
        choices = step.declared.choices(step.arrays, subject.index)
        for named in step.inputs:
            used = {o.index for term in terms for o in term.operands if o.symbol == named.symbol}
            used |= {cell for c in choices if c.name == named.symbol for cell in c.among}
            assert used == (cells[named.symbol].cells if named.symbol in cells else set())
            if not used:
                continue
            found = cells[named.symbol]
            assert found.first in used
            assert found.chosen <= used
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


def _convolved(stride: int, pad: int) -> Tape:
    """Return the tape of two convolutions over pictures of two channels, 5x6."""
    options = {"filters": 3, "size": (3, 2), "stride": stride, "pad": pad}
    convolution = LayerChoice(Convolution, options)
    first = LayerChoice(Convolution, {"filters": 2, "size": (1, 1)})
    layers = [first, convolution, LayerChoice(Affine, {"units": 3})]
    return tape_of(case_of(layers, SoftmaxWithLoss, sample=(1, 5, 6), samples=4))


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 1)])
def test_a_convolution_is_made_of_exactly_the_windows_cells(stride: int, pad: int) -> None:
    tape = _convolved(stride, pad)
    out = tape.find("Conv2.out")
    rows, columns = out.output.array.shape[2:]

    def window(n: int, i: int, j: int) -> dict[Index, Index]:
        """Return the cells of x under a filter, and the place in the filter over each."""
        places = np.ndindex(2, 3, 2)
        cells = {
            (n, c, i * stride + u - pad, j * stride + v - pad): (c, u, v) for c, u, v in places
        }
        return {cell: at for cell, at in cells.items() if 0 <= cell[2] < 5 and 0 <= cell[3] < 6}

    windows = [(n, i, j) for n in range(4) for i in range(rows) for j in range(columns)]
    for index in np.ndindex(out.output.array.shape):
        n, f, i, j = index
        found = related(tape, out.number, index)
        assert found["x"].cells == set(window(n, i, j))
        assert found["W"].cells == {(f, *at) for at in window(n, i, j).values()}
        assert found["b"].cells == {(f,)}
    dW = tape.find("dW2")
    for f, *at in np.ndindex(3, 2, 3, 2):
        pairs = {
            (cell, (n, f, i, j))
            for n, i, j in windows
            for cell, place in window(n, i, j).items()
            if place == tuple(at)
        }
        found = related(tape, dW.number, (f, *at))
        assert found["x"].cells == {x for x, _ in pairs}
        assert found["dout"].cells == {dout for _, dout in pairs}
    dx = tape.find("Conv2.dx")
    for cell in [(0, 0, 0, 0), (3, 1, 2, 3), (1, 1, 4, 5)]:
        holding = {w: window(*w)[cell] for w in windows if cell in window(*w)}
        found = related(tape, dx.number, cell)
        if holding:
            assert found["dout"].cells == {(n, f, i, j) for n, i, j in holding for f in range(3)}
            assert found["W"].cells == {(f, *at) for at in holding.values() for f in range(3)}
        else:
            assert not found
    db = related(tape, tape.find("db2").number, (1,))
    assert db["dout"].cells == {(n, 1, i, j) for n, i, j in windows}


def test_max_pooling_is_made_of_a_window_of_which_one_cell_is_chosen() -> None:
    layers = [
        LayerChoice(Convolution, {"filters": 2, "size": (1, 1)}),
        LayerChoice(Pooling, {"size": (2, 2), "stride": 2}),
        LayerChoice(Affine, {"units": 3}),
    ]
    tape = tape_of(case_of(layers, SoftmaxWithLoss, sample=(1, 4, 4), samples=3))
    step = tape.find("Pool1.out")
    x = step.arrays["x"]
    for index in np.ndindex(step.output.array.shape):
        n, c, i, j = index
        window = [(n, c, 2 * i + u, 2 * j + v) for u in range(2) for v in range(2)]
        largest = max(window, key=lambda cell: float(x[cell]))
        found = related(tape, step.number, index)["x"]
        assert found.cells == set(window)
        assert found.chosen == {largest}
        assert found.first == largest, "it is the one to have in sight"
        for cell in window:
            back = related(tape, tape.find("Pool1.dx").number, cell)
            assert back["dout"].cells == {index}
            assert back["x"].cells == set(window)
            assert back["x"].chosen == {largest}
            assert back["dx"].chosen == {largest}, "where dout goes"


def test_what_is_looked_at_comes_first() -> None:
    tape = _convolved(1, 0)
    out = tape.find("Conv2.out")
    index = (1, 2, 1, 1)
    for c in (0, 1):
        focused = related(tape, out.number, index, Sight(cell=("x", (1, c, 2, 1))))
        assert focused["x"].first == (1, c, 2, 1)
        assert focused["W"].first == (2, c, 1, 0), "the filter's cell on it"
        for symbol, cell in (("x", (1, c, 0, 0)), ("W", (2, c, 0, 0))):
            found = related(tape, out.number, index, Sight(in_sight={symbol: cell}))
            assert (found["x"].first[1], found["W"].first[1]) == (c, c), "the plane stays"
    dW = tape.find("dW2").number
    for sample in range(4):
        found = related(tape, dW, (1, 0, 2, 1), Sight(sample=sample))
        assert found["x"].first[0] == found["dout"].first[0] == sample


def test_the_user_of_a_cell_at_the_edge_is_the_weight_that_reaches_it() -> None:
    tape = _convolved(1, 0)
    number = tape.find("dW2").number
    assert user_of(tape, number, "x", (2, 1, 4, 5), (1, 0, 0, 0)) == (1, 1, 2, 1)
    assert user_of(tape, number, "x", (2, 0, 0, 5), (1, 0, 2, 0)) == (1, 0, 0, 1)


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
