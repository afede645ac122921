"""A run's directory, and the right to write it. What its files hold: runs/format/README.md."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tui_backprop.runs.files import RunFiles, check_directory, open_stored
from tui_backprop.runs.format.config import RunConfig
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME, LAYERS_NAME, METRICS_NAME
from tui_backprop.runs.lock import RunLock
from tui_backprop.runs.run_error import file_error

if TYPE_CHECKING:
    from tui_backprop.runs.format.checkpoint import Checkpoint

MAX_LAYERS_BYTES = 2**19
"""A longer file of rows loses every second line: it tells of the whole run, and stays small."""


class RunDirectory:
    """A run that this process has the right to write. Methods raise OSError as the system does.

    Each raises RunError where something else lies in the place of the run's own file.
    """

    def __init__(self, path: Path, files: RunFiles, lock: RunLock) -> None:
        self.path = path
        self._files = files
        self._lock = lock
        # The last line may be half-written: what comes next must not become part of it.
        self._ends_inside_line = {
            name: not _ends_with_newline(path / name) for name in (METRICS_NAME, LAYERS_NAME)
        }

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
        try:
            check_directory(path)
            lock = RunLock(path)
            try:
                files.remove_leftovers(path)
                return cls(path, files, lock)
            except BaseException:
                lock.release()
                raise
        except OSError as error:
            raise file_error(path, error) from error

    def append_metrics(self, lines: bytes) -> None:
        """Add whole lines to the metrics."""
        self._append(METRICS_NAME, lines)

    def append_layers(self, line: bytes) -> None:
        """Add a line to the rows by layer, of which a bounded number is kept."""
        path = self.path / LAYERS_NAME
        try:
            with open_stored(path) as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
                content = (
                    file.read(MAX_LAYERS_BYTES) if size + len(line) > MAX_LAYERS_BYTES else b""
                )
        except FileNotFoundError:
            content = b""
        if not content:
            self._append(LAYERS_NAME, line)
            return
        # Counted from the end, so that the newest stays.
        kept = [*content.splitlines()[::-2][::-1], line]
        whole = b"\n".join(kept)
        # The rows of a net may take up half of the room.
        whole = whole if len(whole) <= MAX_LAYERS_BYTES else line
        self._files.replace(path, lambda file: file.write(whole))
        self._ends_inside_line[LAYERS_NAME] = False

    def write_checkpoint(self, checkpoint: "Checkpoint") -> None:
        """Put `checkpoint` in the place of the one there is."""
        from tui_backprop.runs.format.checkpoint import write_checkpoint

        write_checkpoint(self._files, self.path / CHECKPOINT_NAME, checkpoint)

    def show_life(self) -> None:
        """Let those who watch the run see that it is being trained."""
        self._lock.touch()

    def close(self) -> None:
        """Let others train the run."""
        self._lock.release()

    def _append(self, name: str, lines: bytes) -> None:
        if self._ends_inside_line[name]:
            lines = b"\n" + lines
        self._ends_inside_line[name] = True
        self._files.append(self.path / name, lines)
        self._ends_inside_line[name] = False


def _ends_with_newline(path: Path) -> bool:
    try:
        with open_stored(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return file.read(1) in (b"", b"\n")
    except FileNotFoundError:
        return True
