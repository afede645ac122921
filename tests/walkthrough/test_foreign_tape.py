"""A tape that is not of our own trainer: all that is asked of a tape answers, or steps aside."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.foreign import AFFINE_DW, AFFINE_OUT, odd_tape, wrong_at
from tests.walkthrough.nets import Case, any_cases, tape_of
from tui_backprop.walkthrough.derivation import Cell, NoDerivation, derive, why_underived
from tui_backprop.walkthrough.disagreement import compared, difference
from tui_backprop.walkthrough.glossary import glossary
from tui_backprop.walkthrough.graph import graph
from tui_backprop.walkthrough.one_sample import Part, one_sample
from tui_backprop.walkthrough.path import gradient_path
from tui_backprop.walkthrough.recorder import Recorder
from tui_backprop.walkthrough.subject import first_subject, related, sample_of, worst_sample
from tui_backprop.walkthrough.tape import Origin, Phase, SampleFacts, Tape
from tui_backprop.walkthrough.target import find_target, target_words
from tui_backprop.walkthrough.transcript import html_transcript, markdown_transcript
from tui_backprop.walkthrough.undeclared import Undeclared
from tui_backprop.walkthrough.words import disagreement_words, words


@pytest.mark.parametrize("max_bytes", [None, 50])
def test_every_step_of_an_odd_tape_has_words_a_subject_and_a_glossary(
    max_bytes: int | None,
) -> None:
    tape = odd_tape(max_bytes)
    for step in tape:
        subject = first_subject(tape, step.number)
        assert len(subject.index) == step.output.array.ndim
        said = words(tape, step.number, subject.index)
        assert said.short
        assert step.shapes
        glossary(tape, step.number)
        related(tape, step.number, subject.index)
        sample_of(tape, step.number, subject.index)
        if step.declared is None:
            assert why_underived(step).rstrip(".") in said.short.replace("No ", "no ")
            with pytest.raises(NoDerivation, match="no derivation"):
                derive(tape, step.number, subject.index)
        else:
            assert derive(tape, step.number, subject.index).agrees


def test_what_a_tape_does_not_have_is_none_or_empty() -> None:
    tape = odd_tape()
    assert tape.sample_count == 2, "the ids' first axis"
    assert (tape.y, tape.predictions, tape.labels, tape.wanted) == (None, None, None, None)
    assert tape.data_loss is None
    assert tape.output_names == ()
    assert worst_sample(tape) is None
    assert [span.phase for span in tape.phases] == [Phase.FORWARD, Phase.BACKWARD]
    assert tape.first_non_finite is None
    assert tape.dtype == np.float64
    with pytest.raises(ValueError, match="at least one step"):
        Tape(())


def test_samples_are_not_known_where_what_is_read_first_was_turned() -> None:
    tape = odd_tape()
    assert Tape(tape.steps, np.array([1, 0])).sample_count == 2
    assert Tape(tape.steps, np.array([1, 0, 1])).sample_count == 0


def test_a_place_in_a_data_set_is_explained_only_where_there_is_one() -> None:
    tape = odd_tape()
    placed = replace(tape, facts=SampleFacts(indices=(951, 3)))
    assert "#951" not in [entry.term for entry in glossary(tape, 1)]
    assert "#951" in [entry.term for entry in glossary(placed, 1)]


def test_an_operation_without_derivation_is_said_to_have_none() -> None:
    said = words(odd_tape(), 1, (0, 0, 0))
    assert "No derivation is declared for aten.embedding." in said.short


def test_a_derivation_is_compared_in_the_type_it_was_computed_in() -> None:
    """Token ids say nothing about how the floats of a tape are rounded."""
    tape = odd_tape()
    fc1 = tape.find("h.0.mlp.fc1.out")
    assert fc1.dtype == np.float64
    assert derive(tape, fc1.number, (5, 4)).rounding_bound < 1e-13


def test_a_gradient_is_known_by_its_parameters_label() -> None:
    tape = odd_tape()
    gradient = tape.find("dh.0.mlp.fc1.weight")
    assert tape.parameter_of_gradient(gradient.number) == "h.0.mlp.fc1.weight"


def test_a_path_ends_where_no_derivation_leads_on() -> None:
    tape = odd_tape()
    path = gradient_path(tape, Cell(tape.find("dh.0.mlp.fc1.weight").number, (1, 2)))
    assert path.agrees
    assert all(branch.opens is None for branch in path.branches)
    with pytest.raises(ValueError, match="no path leads there"):
        gradient_path(tape, Cell(1, (0, 0, 0)))


def test_a_sample_alone_is_its_rows_and_sums_that_nobody_declared_stay_whole() -> None:
    arrays = {array.label: array for array in one_sample(odd_tape(), 1)}
    assert arrays["ids"].array.shape == (3,)
    assert arrays["wte.out"].part is Part.ROW
    tape = odd_tape()
    steps = [
        replace(step, operation=Undeclared("aten.mm", step.operation.inputs, "dW"))
        if step.operation == AFFINE_DW
        else step
        for step in tape
    ]
    arrays = {array.label: array for array in one_sample(Tape(tuple(steps)), 1)}
    assert arrays["dh.0.mlp.fc1.weight"].part is Part.SUM


def test_a_net_whose_layers_are_no_row_has_no_graph() -> None:
    with pytest.raises(ValueError, match="no row of boxes"):
        graph(odd_tape())


def test_words_lead_to_operations_by_their_labels() -> None:
    tape = odd_tape()
    assert find_target(tape, "h.0.mlp.fc1.out").step == 3
    assert find_target(tape, "five[0,1,2,0,4]").cell == (0, 1, 2, 0, 4)
    assert find_target(tape, "sample 1").sample == 1
    with pytest.raises(ValueError, match="is none of the tape's: try "):
        find_target(tape, "conv9")
    assert "sample " in target_words(tape)


def test_without_samples_a_word_for_one_is_refused() -> None:
    recorder = Recorder()
    x = recorder.leaf("x", "x", np.array(2.0), Origin.MINIBATCH)
    operation = Undeclared("square", ("x",))
    recorder.append(Phase.FORWARD, "f", "f.forward", operation, {"x": x}, "y", np.array(4.0))
    tape = Tape(tuple(recorder.steps))
    with pytest.raises(ValueError, match="does not say which axis"):
        find_target(tape, "sample 0")
    assert "sample " not in target_words(tape)


def test_a_handout_is_made_of_any_tape() -> None:
    for tape in (odd_tape(), odd_tape(50), wrong_at("dW1")):
        text = "\n".join(markdown_transcript(tape))
        assert f"{len(tape)}/{len(tape)}" in text
        assert "\n".join(html_transcript(tape)).startswith("<!DOCTYPE html>")
    assert "left out: (9,4), 288 B" in "\n".join(markdown_transcript(odd_tape(50)))


def test_an_array_that_is_left_out_keeps_its_shape_and_its_statistics() -> None:
    (table,) = [named for named in odd_tape(50).steps[0].inputs if named.symbol == "table"]
    kept = pickle.loads(pickle.dumps(table))
    for named in (table, kept):
        assert named.missing == "left out: (9,4), 288 B"
        assert named.array.shape == (9, 4)
        assert np.isnan(named.array).all(), "no number that could be taken for one of the array's"
        assert named.summary == odd_tape().steps[0].inputs[0].summary
        assert not named.array.flags.writeable
    assert len(pickle.dumps(table)) < 1000


def test_only_real_numbers_are_recorded() -> None:
    with pytest.raises(ValueError, match="z is of complex128"):
        Recorder().leaf("z", "z", np.zeros(2, complex), Origin.MINIBATCH)


def test_names_cannot_steer_a_terminal() -> None:
    recorder = Recorder()
    x = recorder.leaf("x", "x\x1b[2J", np.zeros(2), Origin.MINIBATCH)
    operation = Undeclared("evil\x07", ("x",))
    recorder.append(Phase.FORWARD, "a\nb", "t\x9b", operation, {"x": x}, "o\x1b", np.zeros(2))
    (step,) = recorder.steps
    for text in (step.layer, step.title, step.formula, step.output.label, x.label):
        assert text.isprintable()


@given(any_cases())
@settings(max_examples=25)
def test_a_tape_of_our_own_has_no_disagreement(case: Case) -> None:
    assert compared(tape_of(case)).disagreement is None


@pytest.mark.parametrize("label", ["Affine1.out", "y", "loss", "dy", "dW2", "db1", "W1′"])
def test_the_first_operation_that_is_not_its_derivation_is_marked(label: str) -> None:
    tape = wrong_at(label)
    assert tape.disagreement is not None
    assert tape.disagreement.step == tape.find(label).number
    said = disagreement_words(tape)
    assert said.startswith(f"Step {tape.disagreement.step}, ")
    assert label in said
    index = tape.disagreement.cell
    assert index is not None
    assert said in words(tape, tape.disagreement.step, index).short
    assert not derive(tape, tape.disagreement.step, index).agrees
    assert first_subject(tape, tape.disagreement.step).index == index, "what is looked at first"


def test_one_wrong_cell_among_many_is_found() -> None:
    tape = wrong_at("dW1", 1.0)
    step = tape.find("dW1")
    array = step.output.array.copy()
    array[3, 4] += 1e-3
    wrong = replace(step, output=replace(step.output, array=array))
    found = difference(wrong)
    assert found is not None
    assert found.cell == (3, 4)
    assert found.expected == pytest.approx(step.output.array[3, 4])


def test_a_result_of_another_shape_is_a_disagreement_in_words() -> None:
    tape = wrong_at("dW1", 1.0)
    number = tape.find("dW1").number
    steps = [
        replace(step, output=replace(step.output, array=step.output.array.T.copy()))
        if step.number == number
        else step
        for step in tape
    ]
    tape = compared(replace(tape, steps=tuple(steps)))
    assert tape.disagreement is not None
    assert "the code made dW1 of shape (5,4), where dW = xᵀ · dout has (4,5)" in disagreement_words(
        tape
    )
    assert words(tape, number, (4, 3)).short
    with pytest.raises(NoDerivation, match="does not fit"):
        derive(tape, number, (4, 3))


def test_a_nan_that_the_derivation_does_not_make_is_a_disagreement() -> None:
    step = wrong_at("dW1", 1.0).find("Relu1.out")
    array = step.output.array.copy()
    array[0, 0] = np.nan
    assert difference(replace(step, output=replace(step.output, array=array))) is not None


def test_a_constant_within_a_log_is_no_disagreement() -> None:
    """The book adds 1e-7 there: another number, and no mistake."""
    step = wrong_at("dW1", 1.0).find("loss")
    array = np.array(step.output.array * (1 + 1e-6))
    assert difference(replace(step, output=replace(step.output, array=array))) is None


def test_arrays_that_a_derivation_is_not_made_for_have_none() -> None:
    recorder = Recorder()
    known = {
        symbol: recorder.leaf(symbol, symbol, np.ones(3), Origin.MINIBATCH) for symbol in "xWb"
    }
    recorder.append(Phase.FORWARD, "odd", "odd.forward", AFFINE_OUT, known, "out", np.ones(3))
    tape = compared(Tape(tuple(recorder.steps)))
    assert tape.disagreement is None
    assert "does not fit these arrays" in words(tape, 1, (0,)).short
