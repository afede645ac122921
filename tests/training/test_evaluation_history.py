"""Accuracies of a long run: bounded, evenly spread, first and newest always there."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui_backprop.training.evaluation_history import CAPACITY, EvaluationHistory
from tui_backprop.training.snapshot import Evaluation


def history_of(count: int) -> EvaluationHistory:
    history = EvaluationHistory()
    for number in range(count):
        history.append(Evaluation(number, float(number), 0.5, 0.25))
    return history


@given(st.integers(0, 5 * CAPACITY))
def test_bounded_even_and_both_ends_kept(count: int) -> None:
    kept = [point.iteration for point in history_of(count).points()]
    assert len(kept) <= CAPACITY
    if count <= CAPACITY - 1:
        assert kept == list(range(count))
    else:
        assert (kept[0], kept[-1]) == (0, count - 1)
        assert len(kept) >= CAPACITY // 2
        distances = {after - before for before, after in pairwise(kept[:-1])}
        assert len(distances) == 1
        assert kept[-1] - kept[-2] <= distances.pop()


def test_points_seen_do_not_change_what_is_kept() -> None:
    watched = EvaluationHistory()
    for number in range(2000):
        watched.append(Evaluation(number, float(number), 0.5, 0.25))
        watched.points()
    assert watched.points() == history_of(2000).points()
