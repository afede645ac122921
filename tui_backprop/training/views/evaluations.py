"""The task's metric on the full training and test sets, one point an evaluation."""

from typing import Protocol

from tui_backprop.training.snapshot import Evaluation


class HasEvaluations(Protocol):
    """A run whose evaluations are known."""

    def evaluation_points(self) -> tuple[Evaluation, ...]:
        """Return the evaluations so far, the newest last."""


def compute(run: HasEvaluations) -> tuple[Evaluation, ...]:
    """Return the run's evaluations."""
    return run.evaluation_points()
