"""All runs at a glance: read from their configurations and the ends of their metrics."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from tui_backprop.runs.directory import CHECKPOINT_NAME
from tui_backprop.runs.format.config import CONFIG_NAME, RunConfig, read_config
from tui_backprop.runs.format.metrics import METRICS_NAME, MetricsReader, read_metrics
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.lock import is_locked
from tui_backprop.runs.run_error import RunError


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

    `iteration` and `test_accuracy` are the newest known; None where nothing is.
    """

    id: str
    config: RunConfig | None
    state: StoredState
    iteration: int | None
    test_accuracy: float | None
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
    return [summarize(path) for path in run_paths(runs)]


def summarize(path: Path) -> RunSummary:
    """Return the run in this directory in a line, whatever state its files are in."""
    config, metrics, faults = None, MetricsReader(), []
    try:
        config = read_config(path / CONFIG_NAME)
    except RunError as error:
        faults.append(str(error))
    try:
        metrics = read_metrics(path / METRICS_NAME, tail=True)
    except RunError as error:
        faults.append(str(error))
    last = metrics.events[-1] if metrics.events else None
    iterations = [p.iteration for p in metrics.points[-1:]]
    iterations += [e.iteration for e in metrics.events[-1:]]
    newest = max(iterations, default=None)
    accuracies = [p.test_accuracy for p in metrics.points if p.test_accuracy is not None]
    if is_locked(path):
        stood_since = last.event if last and last.iteration == newest else ""
        state = _STATE_AFTER.get(stood_since, StoredState.TRAINING)
    elif config is None and not (path / CHECKPOINT_NAME).is_file():
        state = StoredState.DAMAGED
    else:
        state = _STATE_AFTER.get(last.event if last else "", StoredState.INTERRUPTED)
    return RunSummary(
        path.name,
        config,
        state,
        newest,
        accuracies[-1] if accuracies else None,
        "; ".join(faults),
    )
