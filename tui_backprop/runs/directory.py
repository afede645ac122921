"""A run's directory.

A run is a directory named by its id, with
- `config.toml`: what it was started with (`runs.format.config`),
- `metrics.jsonl`: its curves and what happened to it (`runs.format.metrics`),
- `checkpoint.npz`: where it goes on (`runs.format.checkpoint`); without one, at the start,
- `lock`: held by the process that trains it (`runs.lock`).

These formats are a contract: other programs may read them, and write them to have their runs
shown. A change that a reader would not survive raises the format's number.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.config import CONFIG_NAME, RunConfig
from tui_backprop.runs.format.metrics import METRICS_NAME
from tui_backprop.runs.lock import RunLock

if TYPE_CHECKING:
    from tui_backprop.runs.trainer_state import TrainerState

CHECKPOINT_NAME = "checkpoint.npz"


class RunDirectory:
    """A run that this process has the right to write. Methods raise OSError as the system does."""

    def __init__(self, path: Path, files: RunFiles, lock: RunLock) -> None:
        self.path = path
        self._files = files
        self._lock = lock
        # The last line may be half-written: what comes next must not become part of it.
        self._ends_inside_line = not _ends_with_newline(path / METRICS_NAME)

    @classmethod
    def create(cls, runs: Path, config: RunConfig, files: RunFiles) -> "RunDirectory":
        """Make the directory of a new run.

        Raises:
            FileExistsError: there is a run of that id.
            RunError: its lock cannot be made.
        """
        path = runs / config.id
        files.make_directory(path)
        try:
            directory = cls.open(path, files)
            try:
                files.replace(path / CONFIG_NAME, lambda file: file.write(config.to_toml()))
            except BaseException:
                directory.close()
                raise
        except BaseException:
            files.remove_new_run(path)
            raise
        return directory

    @classmethod
    def open(cls, path: Path, files: RunFiles) -> "RunDirectory":
        """Take the right to write an existing run.

        Raises:
            RunError: another process trains it, or it cannot be written.
        """
        lock = RunLock(path)
        files.remove_leftovers(path)
        return cls(path, files, lock)

    def append_metrics(self, lines: bytes) -> None:
        """Add whole lines to the metrics."""
        if self._ends_inside_line:
            lines = b"\n" + lines
        self._ends_inside_line = True
        self._files.append(self.path / METRICS_NAME, lines)
        self._ends_inside_line = False

    def write_checkpoint(self, state: "TrainerState") -> None:
        """Put `state` in the place of the checkpoint."""
        from tui_backprop.runs.format.checkpoint import write_checkpoint

        write_checkpoint(self._files, self.path / CHECKPOINT_NAME, state)

    def close(self) -> None:
        """Let others train the run."""
        self._lock.release()


def _ends_with_newline(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read(1) in (b"", b"\n")
    except OSError:
        return True
