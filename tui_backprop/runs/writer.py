"""Writes a run into its directory, made when first needed; goes on where the disk fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.config import RunConfig
from tui_backprop.runs.location import new_run_id
from tui_backprop.runs.run_error import RunError

RETRY_SECONDS = 5.0


@dataclass(frozen=True)
class RunStorage:
    """Where runs are kept, and what of the system it takes to record one.

    Args:
        runs: the directory of all runs.
        clock: seconds that only grow.
        now: the time of day, with its zone.
        entropy: returns so many random bytes.
        files: what writes.
    """

    runs: Path
    clock: Callable[[], float]
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    files: RunFiles = field(default_factory=RunFiles)


Describe = Callable[[str, datetime], RunConfig]
"""Returns what a new run of this id, made now, was started with."""


class RunWriter:
    """One run's directory, and how writing it goes. A fault is kept in `problem`, never raised.

    Args:
        storage: where to make the directory of a new run.
        directory: of a run that goes on; None for a new one.
    """

    def __init__(self, storage: RunStorage, directory: RunDirectory | None) -> None:
        self._storage = storage
        self.directory = directory
        self._fault = ""
        self._retry_at = float("-inf")

    @property
    def problem(self) -> str:
        """Why the run is not being saved, for a person to read; empty while it is."""
        return f"not saved: {self._fault}" if self._fault else ""

    @property
    def waits(self) -> bool:
        """Whether writing has failed a moment ago, and it is not yet time to try again."""
        return bool(self._fault) and self._storage.clock() < self._retry_at

    def write(self, job: Callable[[RunDirectory], None], describe: Describe) -> None:
        """Have `job` write to the directory; a new run's is made first, from what it is."""
        try:
            with self._storage.files.at_work():
                job(self.directory or self._create(describe))
        except OSError as error:
            self._fail(printable(error.strerror or error))
        except (RunError, MemoryError) as error:
            self._fail(printable(error) or "out of memory")
        else:
            self._fault = ""

    def close(self) -> None:
        """Let other processes have the run."""
        if self.directory is not None:
            self.directory.close()

    def _create(self, describe: Describe) -> RunDirectory:
        now = self._storage.now()
        config = describe(new_run_id(now, self._storage.entropy(2)), now)
        self.directory = RunDirectory.create(self._storage.runs, config, self._storage.files)
        return self.directory

    def _fail(self, fault: str) -> None:
        self._fault = fault
        self._retry_at = self._storage.clock() + RETRY_SECONDS
