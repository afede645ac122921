"""What waits to be added to a run's metrics: points, ever further apart, and events."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tui_backprop.runs.format.metrics import metric_names
from tui_backprop.runs.resuming import ResumedRun
from tui_backprop.settings.hyperparameters import LIVE_FIELDS, Hyperparameters
from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.snapshot import Evaluation
from tui_backprop.training.trainer import Trainer

LOSSES = 128
"""Each of so many first iterations has a point, then every 2nd up to twice as many, every 4th …"""

EVALUATIONS = 256
"""The same for evaluations, of which there are fewer, and which are worth more."""

QUIET_SECONDS = 1.0
"""Where that leaves a longer gap, there is a point in it nevertheless, for whoever watches."""

QUIET_SHARE = 1 / 500
"""But such points stand this share of the training time apart at least."""

MAX_WAITING = 5000


class MetricsLog:
    """Collects the values of lines; whoever writes them clears `waiting`.

    Where points stand depends on the iterations alone, but for those of a run that has been quiet
    or comes to rest: the same run has the same points, however it was driven.

    Attributes:
        waiting: values of lines that are not written yet.
        first_settings: the hyperparameters of the first iteration of a new run.
        due: the iteration that is the next to have a point, whatever else has one before.
        due_evaluation: the same of evaluations, the first of which is number 1.

    Args:
        now: the time of day, with its zone.
        resumed: the run that goes on, before it does.
    """

    def __init__(self, now: Callable[[], datetime], resumed: ResumedRun | None) -> None:
        self.waiting: list[dict[str, Any]] = []
        self.first_settings: Hyperparameters | None = None
        self._now = now
        self._settings: Hyperparameters | None = None
        self._settings_at: int | None = None
        self._evaluation: Evaluation | None = None
        self._iteration, self._elapsed = 0, 0.0
        self._beginning: dict[str, Any] = {"event": "started", "iteration": 0}
        self.due = self.due_evaluation = 1
        if resumed is not None:
            trainer = resumed.trainer
            live = _live(trainer.hyperparameters)
            self._beginning = {"event": "resumed", "iteration": trainer.iteration, **live}
            self._settings, self._evaluation = trainer.hyperparameters, trainer.evaluations.newest
            self._iteration, self._elapsed = trainer.iteration, resumed.elapsed
            # An iteration whose evaluation was under way gets its point after it.
            self.due = next_kept(max(0, trainer.iteration - trainer.evaluating), LOSSES)
            self.due_evaluation = next_kept(trainer.evaluations.seen, EVALUATIONS)

    def note_settings(self, trainer: Trainer) -> None:
        """Add an event if the hyperparameters have changed since this was last called."""
        if self._settings is None or self._settings_at == 0:
            self._settings = self.first_settings = trainer.hyperparameters
        elif trainer.hyperparameters != self._settings:
            self._settings = trainer.hyperparameters
            self.add_event("changed", trainer.iteration, **_live(trainer.hyperparameters))
        self._settings_at = trainer.iteration

    def note(self, trainer: Trainer, elapsed: float, *, at_once: bool = False) -> None:
        """Add a point if one is due, or with `at_once` unless there is one.

        Call it when `due` is reached, once the evaluation there is over, and when `due_evaluation`
        is; at other times too, so that a quiet run has points.

        Args:
            trainer: between two iterations.
            elapsed: seconds of training so far.
            at_once: whether nothing more may come for a while.
        """
        iteration, seen = trainer.iteration, trainer.evaluations.seen
        evaluation = trainer.evaluations.newest
        if evaluation == self._evaluation or (evaluation and evaluation.iteration < iteration):
            evaluation = None
        if evaluation is None and iteration <= self._iteration:
            return
        if (
            at_once
            or iteration >= self.due
            or (evaluation is not None and seen >= self.due_evaluation)
            or elapsed - self._elapsed >= max(QUIET_SECONDS, elapsed * QUIET_SHARE)
        ):
            self._add_point(trainer, evaluation, elapsed)
            if iteration >= self.due:
                self.due = next_kept(iteration, LOSSES)
            if evaluation is not None and seen >= self.due_evaluation:
                self.due_evaluation = next_kept(seen, EVALUATIONS)

    def add_beginning(self) -> None:
        """Add that the run was started or resumed."""
        self.add_event(**self._beginning)

    def add_event(self, event: str, iteration: int, **more: Any) -> None:
        """Add an event, now."""
        time = f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.waiting.append({"event": event, "iteration": iteration, "time": time, **more})

    def drop_surplus(self) -> None:
        """Keep MAX_WAITING at most: the oldest tell how the run began, the newest how it stands."""
        del self.waiting[MAX_WAITING // 2 : -MAX_WAITING // 2]

    def _add_point(self, trainer: Trainer, evaluation: Evaluation | None, elapsed: float) -> None:
        self._iteration, self._elapsed = trainer.iteration, elapsed
        if evaluation is not None:
            self._evaluation = evaluation
        train, test = metric_names(TASKS[trainer.dataset.task])
        # As `point_values`; making a point only to take it apart would cost twice as much.
        self.waiting.append(
            {
                "iteration": trainer.iteration,
                "epoch": trainer.epoch,
                "loss": trainer.loss,
                "mean_loss": trainer.losses.recent_mean(),
                train: evaluation.train if evaluation else None,
                test: evaluation.test if evaluation else None,
                "elapsed": round(elapsed, 3),
            }
        )


def _live(hyperparameters: Hyperparameters) -> dict[str, Any]:
    return {field.name: getattr(hyperparameters, field.name) for field in LIVE_FIELDS}


def next_kept(number: int, dense: int) -> int:
    """Return the first number above `number` that is kept when ever fewer are.

    That is each up to `dense`, a power of two, every 2nd up to twice that, every 4th up to four
    times that, and so on: however far one counts, a few more than `dense` for each doubling.
    """
    gap = 1 << (number // dense).bit_length()
    return (number // gap + 1) * gap
