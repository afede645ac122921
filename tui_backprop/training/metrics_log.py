"""The lines that wait to be added to a run's metrics: points thinned in time, and events."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tui_backprop.training.fields import Applies
from tui_backprop.training.hyperparameters import FIELDS, Hyperparameters
from tui_backprop.training.run_metrics import MetricsPoint, metrics_line
from tui_backprop.training.snapshot import AccuracyPoint
from tui_backprop.training.trainer import Trainer

POINT_SECONDS = 1.0
"""Least time between two points of the loss alone."""

ACCURACY_SECONDS = 0.05
"""Least time between two points with accuracies: a tiny data set's epochs last microseconds."""

POINT_SHARE = 1 / 500
"""Points stand this share of the training time apart at least: a week's run has a few thousand."""

MAX_LINES = 5000

_LIVE = tuple(field.name for field in FIELDS if field.applies is Applies.LIVE)


class MetricsLog:
    """Collects lines; whoever writes them clears `lines`.

    Args:
        now: the time of day, with its zone.
        resumed: the trainer of a run that goes on, before it does.
    """

    def __init__(self, now: Callable[[], datetime], resumed: Trainer | None) -> None:
        self.lines: list[bytes] = []
        self.first_settings: Hyperparameters | None = None
        self._now = now
        self._settings = resumed.hyperparameters if resumed else None
        self._accuracy = newest_accuracy(resumed) if resumed else None
        self._iteration = resumed.iteration if resumed else 0
        self._point_at = self._accuracy_at = float("-inf")

    def note(
        self, trainer: Trainer, clock: float, elapsed: float, *, at_once: bool = False
    ) -> None:
        """Add what is due at this moment of `clock`, `elapsed` seconds into training."""
        if self._settings is None or (self.first_settings and trainer.iteration <= 1):
            self._settings = self.first_settings = trainer.hyperparameters
        elif trainer.hyperparameters != self._settings:
            self._settings = trainer.hyperparameters
            live = {name: getattr(trainer.hyperparameters, name) for name in _LIVE}
            self.add_event("changed", trainer.iteration, **live)
        between = elapsed * POINT_SHARE
        newest = newest_accuracy(trainer)
        if (
            newest is not None
            and newest != self._accuracy
            and newest.iteration >= self._iteration
            and (at_once or clock - self._accuracy_at >= max(ACCURACY_SECONDS, between))
        ):
            self._accuracy, self._accuracy_at = newest, clock
            self._add_point(trainer, newest, elapsed)
        if at_once or clock - self._point_at >= max(POINT_SECONDS, between):
            self._point_at = clock
            if self._iteration < trainer.iteration:
                self._add_point(trainer, None, elapsed)

    def add_event(self, event: str, iteration: int, **more: Any) -> None:
        """Add an event, now."""
        time = f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.lines.append(
            metrics_line({"event": event, "iteration": iteration, "time": time, **more})
        )

    def drop_surplus(self) -> None:
        """Keep MAX_LINES at most: the oldest tell how the run began, the newest how it stands."""
        del self.lines[MAX_LINES // 2 : -MAX_LINES // 2]

    def _add_point(self, trainer: Trainer, accuracy: AccuracyPoint | None, elapsed: float) -> None:
        at = accuracy or AccuracyPoint(trainer.iteration, trainer.epoch, 0.0, 0.0)
        self._iteration = at.iteration
        point = MetricsPoint(
            iteration=at.iteration,
            epoch=at.epoch,
            loss=trainer.loss if at.iteration == trainer.iteration else None,
            train_accuracy=accuracy.train if accuracy else None,
            test_accuracy=accuracy.test if accuracy else None,
            elapsed=round(elapsed, 3),
        )
        self.lines.append(metrics_line(asdict(point)))


def newest_accuracy(trainer: Trainer) -> AccuracyPoint | None:
    """Return the last evaluation's result, if there was one."""
    points = trainer.accuracies.points()
    return points[-1] if points else None
