"""Coming again, to the bit, to any iteration of a stored run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.printable import printable
from tui_backprop.runs.format.config import read_config
from tui_backprop.runs.format.metrics import RunEvent, read_metrics
from tui_backprop.runs.format.names import CONFIG_NAME, METRICS_NAME
from tui_backprop.runs.resuming import ResumedRun, load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


def load_run_before(
    path: Path,
    iteration: int,
    load: Callable[[str, str], Dataset],
    available_memory: int | None = None,
) -> ResumedRun:
    """Return a stored run at its checkpoint, or at its start if that is not before `iteration`.

    The trainer makes the iterations up to this one as the run has made them. Nothing is written.

    Args:
        path: of the run's directory.
        iteration: the one to come to, counted from 1.
        load: loads a data set by name or path, and target column.
        available_memory: bytes that the run may take; None for as many as there are.

    Raises:
        RunError: a file is damaged, the data are others, or hyperparameters were changed on the
            way to the iteration.
        DatasetError: the data set cannot be loaded.
        NotEnoughMemoryError: as for Trainer.
    """
    run = load_run(path, load, available_memory)
    made, settings = run.trainer.iteration, run.trainer.hyperparameters
    events = read_metrics(path / METRICS_NAME).events
    if made < iteration:
        base, start = settings, made
    else:
        base, start = read_config(path / CONFIG_NAME).hyperparameters, 0
    changed_at = _changed_at(base, events, start, iteration)
    if changed_at is None and not start and not _any_change(base, events):
        # The events are all that tells of changes: where the file lacks them, the checkpoint does.
        changed_at = None if settings == base else made
    if changed_at is not None:
        raise RunError(
            f"run {printable(path.name)}: hyperparameters were changed by iteration"
            f" {changed_at:,}, so that iteration {iteration:,} cannot be made again as it was"
        )
    if start or not made:
        return run
    run_id, data, dataset = run.id, run.data, run.trainer.dataset
    # One net at a time: the memory that may be taken is what one of them takes.
    del run
    return ResumedRun(run_id, Trainer(base, dataset, available_memory), 0.0, data)


def _changed_at(
    base: Hyperparameters, events: list[RunEvent], start: int, iteration: int
) -> int | None:
    """Return the iteration by which others than `base` are known to be in force, None if none.

    A change is told of once the iteration is made that was the first to have it.
    """
    telling = [event for event in events if event.hyperparameters]
    before = [event for event in telling if event.iteration <= start]
    on_the_way = [event for event in telling if start < event.iteration <= iteration]
    # Of the changes before the start, the newest stands for all.
    return next((e.iteration for e in before[-1:] + on_the_way if _differs(base, e)), None)


def _any_change(base: Hyperparameters, events: list[RunEvent]) -> bool:
    return any(_differs(base, event) for event in events)


def _differs(base: Hyperparameters, event: RunEvent) -> bool:
    return bool(event.hyperparameters) and replace(base, **event.hyperparameters or {}) != base
