"""All runs at a glance: read from their configurations and the ends of their metrics."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import check_directory
from tui_backprop.runs.foreign.set_words import TEST_WORDS, without_set
from tui_backprop.runs.format.config import RunConfig, read_config
from tui_backprop.runs.format.metrics import MetricsPoint, MetricsReader, read_metrics
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME, METRICS_NAME
from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.lock import is_locked
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.fields import Field
from tui_backprop.settings.hyperparameters import FIELDS
from tui_backprop.settings.tasks import TASKS, Task


class StoredState(Enum):
    """What a stored run is doing, in a word."""

    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


_STATE_AFTER = {
    "paused": StoredState.PAUSED,
    "finished": StoredState.FINISHED,
    "diverged": StoredState.DIVERGED,
}


@dataclass(frozen=True)
class RunSummary:
    """A run in a line. `config` is None if it cannot be read: `fault` says why, in one line.

    `iteration` and `test`, the newest value on the test set of what `metric` names, are the newest
    known; None where nothing is. `saved` is the iteration of its checkpoint, 0 without one; None
    where that is not known, or it never was to have one.
    """

    id: str
    config: RunConfig | None
    state: StoredState
    iteration: int | None
    test: float | None
    fault: str
    saved: int | None = None
    metric: str = ""

    @property
    def lost_after(self) -> int | None:
        """The iteration after which the run was not saved, None if all of it is or may yet be.

        A run that diverged keeps the checkpoint from before.
        """
        if self.state in (StoredState.TRAINING, StoredState.DIVERGED, StoredState.DAMAGED):
            return None
        if self.saved is None or self.iteration is None or self.saved >= self.iteration:
            return None
        return self.saved

    @property
    def created(self) -> datetime | None:
        """When the run was started."""
        return self.config.created if self.config else None


def list_runs(runs: Path, limit: int | None = None) -> list[RunSummary]:
    """Return all runs or the newest `limit` of them, oldest first; a damaged one has its fault.

    Raises:
        RunError: the directory of runs itself cannot be read.
    """
    paths = run_paths(runs)
    return [summary_of(path) for path in (paths if limit is None else paths[-limit:])]


def differing(listed: Sequence[RunSummary]) -> tuple[Field, ...]:
    """Return the hyperparameters in which these runs differ from each other."""
    configs = [run.config for run in listed if run.config is not None]
    return tuple(
        field
        for field in FIELDS
        if len({getattr(config.hyperparameters, field.name) for config in configs}) > 1
    )


def summary_of(path: Path) -> RunSummary:
    """Return the run in this directory in a line, whatever state its files are in."""
    config, metrics, faults = None, MetricsReader(), []
    try:
        check_directory(path)
    except RunError as error:
        return _unreadable(path, str(error))
    except OSError as error:
        return _unreadable(path, f"{printable(path)}: {printable(error.strerror or error)}")
    try:
        config = read_config(path / CONFIG_NAME)
    except RunError as error:
        faults.append(str(error))
    task = config.naming_task if config else TASKS["classification"]
    try:
        metrics = read_metrics(path / METRICS_NAME, task, tail=True)
    except RunError as error:
        faults.append(str(error))
    last = metrics.events[-1] if metrics.events else None
    newest = metrics.newest_iteration
    metric, test = _newest_test(metrics.points, task)
    if is_locked(path):
        stood_since = last.event if last and last.iteration == newest else ""
        state = _STATE_AFTER.get(stood_since, StoredState.TRAINING)
    elif config is None and not os.path.lexists(path / CHECKPOINT_NAME):
        state = StoredState.DAMAGED
    else:
        state = _STATE_AFTER.get(last.event if last else "", StoredState.INTERRUPTED)
    saved = None
    try:
        saved = _saved(path, config)
    except RunError as error:
        faults.append(str(error))
    return RunSummary(path.name, config, state, newest, test, "; ".join(faults), saved, metric)


def _newest_test(points: Sequence[MetricsPoint], task: Task | None) -> tuple[str, float | None]:
    """Return the name and newest value of the metric on the test set; ("", None) without one."""
    if task is not None:
        tests = [point.test for point in points if point.test is not None]
        return task.metric, tests[-1] if tests else None
    newest = {name: value for point in points for name, value in point.values.items()}
    of_test = (name for name in newest if without_set(name)[1] in TEST_WORDS)
    name = next(of_test, "")
    return name, newest.get(name)


def _saved(path: Path, config: RunConfig | None) -> int | None:
    """Return the iteration of the checkpoint.

    Raises:
        RunError: it cannot be read.
    """
    checkpoint = path / CHECKPOINT_NAME
    if not os.path.lexists(checkpoint):
        # Who writes runs without checkpoints does not mean to go on with them.
        own = (
            config is not None
            and config.program.startswith("tui-backprop")
            and config.naming_task is not None
        )
        return 0 if own else None
    from tui_backprop.runs.format.checkpoint import read_some_arrays

    values = read_some_arrays(checkpoint, (), run=config.id if config else "").values
    try:
        return PlainValues(values).integer("iteration", 0, MOST)
    except StateError as error:
        raise RunError(f"{printable(checkpoint)}: {error}") from error


def _unreadable(path: Path, fault: str) -> RunSummary:
    return RunSummary(path.name, None, StoredState.DAMAGED, None, None, fault)
