"""Keeps a process's runs on disk: one recorder for each, one at a time, by the system's clocks."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.location import find_run
from tui_backprop.runs.recorder import RunRecorder, resting_event
from tui_backprop.runs.resuming import ResumedRun, load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.writer import RunStorage
from tui_backprop.training.memory import available_memory
from tui_backprop.training.trainer import Trainer

REST_SECONDS = 0.2
"""How long training rests before that is saved: a person who steps waits for no disk."""

RETRY_SECONDS = 1.0

Elapsed = Callable[[], float]
Load = Callable[[str, str], Dataset]


def system_storage(runs: Path) -> RunStorage:
    """Return what records runs in this directory with the system's clocks, randomness and files."""
    return RunStorage(runs, time.monotonic, lambda: datetime.now(UTC), os.urandom)


@dataclass(frozen=True)
class OpenedRun:
    """A stored run that this process may go on with: close its directory, or have it recorded."""

    directory: RunDirectory
    run: ResumedRun

    def recorder(self, storage: RunStorage, elapsed: Elapsed) -> RunRecorder:
        """Return what records the rest of the run, and closes the directory."""
        return RunRecorder(storage, elapsed, self.directory, self.run)


def open_run(storage: RunStorage, run_id: str, load: Load) -> OpenedRun:
    """Take the right to train a stored run, and load it.

    Raises:
        RunError: there is no such run, another process trains it, or it is damaged.
        DatasetError: its data set cannot be loaded.
        NotEnoughMemoryError: it needs more memory than there is.
    """
    directory = RunDirectory.open(find_run(storage.runs, run_id), storage.files)
    try:
        return OpenedRun(directory, load_run(directory.path, load, available_memory()))
    except BaseException:
        directory.close()
        raise


class RecordKeeper:
    """Records the trainer that a worker has, and finds those it had.

    Args:
        storage: where runs are kept; None to record nothing.
        elapsed: returns the seconds that the worker's trainer has trained.
    """

    def __init__(self, storage: RunStorage | None, elapsed: Elapsed) -> None:
        self._storage = storage
        self._elapsed = elapsed
        self._recorder: RunRecorder | None = None
        self._save_due = False

    @property
    def run_id(self) -> str | None:
        """The id of the run there is, once it has one."""
        return self._recorder.run_id if self._recorder else None

    @property
    def problem(self) -> str:
        """Why the run is not being saved; empty while it is."""
        return self._recorder.problem if self._recorder else ""

    @property
    def seconds_to_wait(self) -> float | None:
        """How long a worker at rest may wait before it calls `save`; None for ever."""
        if self._save_due:
            return REST_SECONDS
        return RETRY_SECONDS if self.problem else None

    def begin(self, before: Trainer | None) -> None:
        """Record a new run from now on; that of the trainer `before` is saved first."""
        self.close(before)
        self._recorder = RunRecorder(self._storage, self._elapsed) if self._storage else None

    def open(self, run_id: str, load: Load) -> OpenedRun:
        """Load a stored run; that may be the very run that is being recorded.

        Raises:
            RunError, DatasetError, NotEnoughMemoryError: as `open_run`.
        """
        if self._storage is None:
            raise RunError("runs are not being kept, so there is none to go on with")
        directory = self._recorder.directory if self._recorder else None
        if directory is not None and find_run(self._storage.runs, run_id) == directory.path:
            return OpenedRun(directory, load_run(directory.path, load, available_memory()))
        return open_run(self._storage, run_id, load)

    def go_on(self, opened: OpenedRun, before: Trainer | None) -> None:
        """Record the rest of a stored run; that of the trainer `before` is saved first.

        If it is the same run, it goes back to its checkpoint, which must not be replaced.
        """
        if self._recorder is None or self._recorder.directory is not opened.directory:
            self.close(before)
        if self._storage is not None:
            self._recorder = opened.recorder(self._storage, self._elapsed)

    def record(self, trainer: Trainer) -> None:
        """Write what is due, between two pieces of work."""
        if self._recorder is not None:
            self._save_due = True
            self._recorder.record(trainer)

    def save(self, trainer: Trainer, event: str = "") -> None:
        """Write everything; without an `event`, that training has come to rest."""
        self._save_due = False
        if self._recorder is not None:
            self._recorder.save(trainer, event or resting_event(trainer))

    def close(self, trainer: Trainer | None, event: str = "") -> None:
        """Save the run of `trainer`, and let other processes have it."""
        if trainer is not None:
            self.save(trainer, event)
        if self._recorder is not None:
            self._recorder.close()
        self._recorder = None
