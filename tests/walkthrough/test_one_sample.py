"""One sample alone: its rows, and its share of what is summed over the samples."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.walkthrough.nets import Case, any_cases, make_case, tape_of
from tui_backprop.walkthrough.one_sample import Part, one_sample
from tui_backprop.walkthrough.tape import Phase


@given(any_cases())
@settings(max_examples=40, deadline=None)
def test_the_samples_of_any_net_make_its_minibatch(case: Case) -> None:
    tape = tape_of(case)
    alone = [one_sample(tape, n) for n in range(tape.sample_count)]
    for arrays in zip(*alone, strict=True):
        first = arrays[0]
        assert len({array.label for array in arrays}) == 1
        if first.step is None:
            continue
        whole = tape.step(first.step).output.array
        if first.part is Part.ROW:
            np.testing.assert_array_equal(np.stack([a.array for a in arrays]), whole)
        elif first.part is Part.WHOLE:
            np.testing.assert_array_equal(first.array, whole)
        else:
            shares = np.stack([a.array for a in arrays]).astype(np.float64)
            made = shares.mean(axis=0) if first.label in ("loss", "L") else shares.sum(axis=0)
            scale = np.abs(shares).sum(axis=0) + 1e-30
            eps = float(np.finfo(tape.dtype).eps)
            assert (np.abs(made - whole) <= 60 * eps * scale).all(), first.label


def test_every_step_of_both_passes_is_there_in_order() -> None:
    tape = tape_of(make_case())
    arrays = one_sample(tape, 3)
    made = [array.step for array in arrays if array.step is not None]
    assert made == [step.number for step in tape if step.phase is not Phase.UPDATE]
    labels = [array.label for array in arrays]
    assert labels[:4] == ["x", "W1", "b1", "Affine1.out"]
    assert labels.index("t") < labels.index("loss")
    by_label = {array.label: array for array in arrays}
    assert by_label["W2"].part is Part.WHOLE
    assert by_label["dW2"].part is Part.SHARE
    assert by_label["x"].array.shape == (4,)


def test_a_samples_share_of_a_gradient_is_one_row_times_one_column() -> None:
    tape = tape_of(make_case())
    by_label = {array.label: array for array in one_sample(tape, 2)}
    hidden, dy = tape.find("Relu1.out").output.array[2], tape.find("dy").output.array[2]
    np.testing.assert_allclose(by_label["dW2"].array, np.outer(hidden, dy), rtol=1e-6)


def test_a_net_as_wide_as_its_minibatch_keeps_its_weights_whole() -> None:
    tape = tape_of(make_case((6, 6, 6), samples=6))
    by_label = {array.label: array for array in one_sample(tape, 0)}
    assert by_label["W1"].array.shape == (6, 6)
    assert by_label["dW1"].part is Part.SHARE
    assert by_label["dW1"].array.shape == (6, 6)


@pytest.mark.parametrize("number", [-1, 6])
def test_a_sample_that_is_not_there_is_named(number: int) -> None:
    with pytest.raises(IndexError, match=f"^sample {number}: must be from 0 to 5$"):
        one_sample(tape_of(make_case()), number)
