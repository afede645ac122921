"""How far training is asked to go before it rests."""

from collections.abc import Callable

from tui_backprop.session.messages import Run, RunIterations, RunState, RunToEpochEnd
from tui_backprop.training.trainer import Trainer

Goal = Callable[[Trainer], bool]
"""Says whether training has come as far as it was asked to."""


def goal_of(command: Run | RunIterations | RunToEpochEnd, trainer: Trainer) -> Goal:
    """Return the goal that a command sets to a trainer standing where this one does."""
    start, epoch = trainer.iteration, int(trainer.epoch)
    match command:
        case RunIterations(count):
            return lambda t: is_over(t) or t.iteration >= start + count
        case RunToEpochEnd():
            return lambda t: is_over(t) or int(t.epoch) > epoch
    return is_over


def is_over(trainer: Trainer) -> bool:
    """Whether there is nothing left to train: all iterations made, or a value not finite."""
    return trainer.finished or trainer.non_finite is not None


def state_of(trainer: Trainer, goal: Goal | None) -> RunState:
    """Return what a trainer with this goal, or with none, is doing."""
    if trainer.non_finite is not None:
        return RunState.STOPPED
    if trainer.finished:
        return RunState.FINISHED
    if goal is not None:
        return RunState.RUNNING
    return RunState.PAUSED if trainer.iteration else RunState.READY
