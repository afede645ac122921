"""All runs at a glance: read from their configurations and the ends of their metrics."""

import os
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import check_directory
from tui_backprop.runs.format.config import RunConfig, read_config
from tui_backprop.runs.format.metrics import MetricsReader, read_metrics
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME, METRICS_NAME
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.lock import is_locked
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.tasks import TASKS


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

    `iteration` and `test`, the task's metric on the test set, are the newest known; None where
    nothing is.
    """

    id: str
    config: RunConfig | None
    state: StoredState
    iteration: int | None
    test: float | None
    fault: str

    @property
    def created(self) -> datetime | None:
        """When the run was started."""
        return self.config.created if self.config else None


def list_runs(runs: Path) -> list[RunSummary]:
    """Return all runs, oldest first; a damaged one is among them, with its fault.

    Raises:
        RunError: the directory of runs itself cannot be read.
    """
    return [summary_of(path) for path in run_paths(runs)]


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
    task = config.task if config else TASKS["classification"]
    try:
        metrics = read_metrics(path / METRICS_NAME, task, tail=True)
    except RunError as error:
        faults.append(str(error))
    last = metrics.events[-1] if metrics.events else None
    newest = metrics.newest_iteration
    tests = [p.test for p in metrics.points if p.test is not None]
    if is_locked(path):
        stood_since = last.event if last and last.iteration == newest else ""
        state = _STATE_AFTER.get(stood_since, StoredState.TRAINING)
    elif config is None and not os.path.lexists(path / CHECKPOINT_NAME):
        state = StoredState.DAMAGED
    else:
        state = _STATE_AFTER.get(last.event if last else "", StoredState.INTERRUPTED)
    test = tests[-1] if tests else None
    return RunSummary(path.name, config, state, newest, test, "; ".join(faults))


def _unreadable(path: Path, fault: str) -> RunSummary:
    return RunSummary(path.name, None, StoredState.DAMAGED, None, None, fault)
