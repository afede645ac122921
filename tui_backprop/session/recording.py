"""Recording with the real clocks and the real disk, and opening a stored run to go on with it."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.location import find_run
from tui_backprop.runs.recorder import RunRecorder, Surroundings
from tui_backprop.runs.resuming import ResumedRun, load_run
from tui_backprop.training.memory import available_memory

Elapsed = Callable[[], float]


def real_surroundings(runs: Path) -> Surroundings:
    """Return the system's clocks, randomness and files, for runs kept in this directory."""
    return Surroundings(runs, time.monotonic, lambda: datetime.now(UTC), os.urandom, RunFiles())


@dataclass(frozen=True)
class OpenedRun:
    """A stored run that this process may go on with: `close` it, or hand it to a recorder."""

    directory: RunDirectory
    run: ResumedRun

    def recorder(self, surroundings: Surroundings, elapsed: Elapsed) -> RunRecorder:
        """Return what records the rest of the run, and closes the directory."""
        return RunRecorder(surroundings, elapsed, self.directory, self.run)


def open_run(surroundings: Surroundings, run_id: str, load: Callable[[str], Dataset]) -> OpenedRun:
    """Take the right to train a stored run, and load it.

    Raises:
        RunError: there is no such run, another process trains it, or it is damaged.
        DatasetError: its data set cannot be loaded.
        NotEnoughMemoryError: it needs more memory than there is.
    """
    directory = RunDirectory.open(find_run(surroundings.runs, run_id), surroundings.files)
    try:
        return OpenedRun(directory, load_run(directory.path, load, available_memory()))
    except BaseException:
        directory.close()
        raise
