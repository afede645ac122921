"""The path to any gradient: sums of products of slopes that add up to the number on the tape."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, layer_case, make_case, tape_of
from tui_backprop.settings.catalogue import LAYERS
from tui_backprop.walkthrough.derivation import Cell
from tui_backprop.walkthrough.path import GradientPath, gradient_of, gradient_path
from tui_backprop.walkthrough.tape import Phase, Tape


def _path(tape: Tape, label: str, *index: int) -> GradientPath:
    return gradient_path(tape, gradient_of(tape, label, index))


@given(any_cases())
@settings(max_examples=40, deadline=None)
def test_every_path_of_any_net_adds_up_to_the_cell_shown(case: Case) -> None:
    tape = tape_of(case)
    for step in tape:
        if step.phase is not Phase.BACKWARD or step.output.label == "dy":
            continue
        for index in np.ndindex(step.output.array.shape):
            path = gradient_path(tape, Cell(step.number, index))
            assert path.shown == step.output.array[index]
            assert abs(path.shown - path.value) <= path.rounding_bound, (path, step.formula)
            assert path.agrees
            sizes = [abs(branch.value) for branch in path.branches]
            assert sizes == sorted(sizes, reverse=True)
            for branch in path.branches:
                product = math.prod(factor.value for factor in branch.factors)
                assert branch.value == pytest.approx(product * branch.gradient.value, rel=1e-9)
                source = branch.gradient.source
                if source is None:
                    assert step.layer == "WeightDecay"
                    assert branch.opens is None
                    continue
                assert tape.step(source.step).output.array[source.index] == branch.gradient.value
                assert (tape.step(source.step).output.label == "dy") == branch.at_scores
                for factor in branch.factors:
                    assert factor.text
                    assert factor.text == "1" or not factor.text.startswith("1 · ")
                    for cell in factor.cells:
                        if cell.source is not None:
                            made = tape.step(cell.source.step).output.array[cell.source.index]
                            assert made == cell.value


def _opened(tape: Tape, path: GradientPath) -> float:
    """Return what a path comes to with every gradient in it opened, down to the scores."""
    total = 0.0
    for branch in path.branches:
        product = math.prod(factor.value for factor in branch.factors)
        if branch.opens is not None:
            product *= _opened(tape, gradient_path(tape, branch.opens))
        else:
            product *= branch.gradient.value
        total += product
    return total


@pytest.mark.parametrize("name", [entry.name for entry in LAYERS])
def test_opened_to_the_scores_a_path_is_made_of_slopes_and_dy_alone(name: str) -> None:
    case = layer_case(name, dtype=np.float64)
    tape = tape_of(case)
    shape = case.net.params["W1"].shape
    for cell in (0, 7, 13):
        path = _path(tape, "W1", *map(int, np.unravel_index(cell, shape)))
        assert _opened(tape, path) == pytest.approx(path.shown, rel=1e-9, abs=1e-15)


def test_a_weights_path_names_its_factors_and_where_they_come_from() -> None:
    tape = tape_of(make_case())
    path = _path(tape, "W1", 2, 3)
    assert path.name == "dW1[2,3]"
    assert path.over == "samples"
    assert len(path.branches) == 6
    for branch in path.branches:
        n = branch.gradient.source.index[0] if branch.gradient.source else -1
        assert [factor.text for factor in branch.factors] == [
            f"x[{n},2]",
            f"(Affine1.out[{n},3] > 0)",
        ]
        assert branch.gradient.name == f"Affine2.dx[{n},3]"
        assert branch.opens == Cell(tape.find("Affine2.dx").number, (n, 3))
        assert not branch.note
        inner = gradient_path(tape, branch.opens)
        assert inner.over == "classes"
        assert sorted(inner_branch.factors[0].text for inner_branch in inner.branches) == [
            "W2[3,0]",
            "W2[3,1]",
            "W2[3,2]",
        ]
        assert all(inner_branch.at_scores for inner_branch in inner.branches)
        assert {inner_branch.opens for inner_branch in inner.branches} == {None}


def test_the_last_weights_path_ends_at_the_scores_at_once() -> None:
    path = _path(tape_of(make_case()), "dW2", 1, 2)
    assert all(branch.at_scores for branch in path.branches)
    assert path.totals[-1] == pytest.approx(path.value)


def test_where_samples_are_mixed_the_path_says_so() -> None:
    case = layer_case("batch_norm")
    tape = tape_of(case)
    path = _path(tape, "W1", 0, 0)
    assert path.over == "samples"
    for branch in path.branches:
        assert branch.gradient.name.startswith("BatchNorm1.dx[")
        assert branch.note.startswith("BatchNorm1 mixes the samples")
        assert branch.opens is not None
    assert gradient_path(tape, path.branches[0].opens or Cell(0, ())).over == "ways"
    assert not any(branch.note for branch in _path(tape, "gamma1", 0).branches)


def test_a_parameter_and_its_next_value_lead_to_the_same_gradient() -> None:
    tape = tape_of(make_case())
    number = tape.find("db2").number
    for label in ("b2", "db2", "b2′"):
        assert gradient_of(tape, label, (1,)) == Cell(number, (1,))


@pytest.mark.parametrize("label", ["dy", "y", "Affine1.out", "W1′"])
def test_what_is_no_gradient_behind_the_scores_has_no_path(label: str) -> None:
    tape = tape_of(make_case())
    step = tape.find(label)
    with pytest.raises(ValueError, match=f"^{label}: no path"):
        gradient_path(tape, Cell(step.number, tuple(0 for _ in step.output.array.shape)))


@pytest.mark.filterwarnings("error")
def test_a_path_of_a_net_that_has_diverged_can_still_be_asked() -> None:
    case = make_case()
    case.net.params["W2"][1, 1] = np.inf
    tape = tape_of(case)
    assert not _path(tape, "W1", 0, 1).agrees
