"""Writing files so that a fault at any moment leaves the old one whole, or the new one."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import open_regular
from tui_backprop.runs.run_error import RunError

TEMPORARY_SUFFIX = ".new"


class RunFiles:
    """Everything a run does to its directory. Each method raises OSError as the system does.

    A class of its own so that a test can stand a broken disk in its place.
    """

    def open(self, path: Path, mode: str) -> BinaryIO:
        """Open a file for unbuffered writing or appending of bytes."""
        return path.open(mode, buffering=0)  # type: ignore[return-value]

    def make_directory(self, path: Path) -> None:
        """Make a directory that must not be there yet; only its owner can look inside."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700)
        sync_directory(path.parent)

    def replace(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        """Have `write` write a new file, and put it in the place of `path` in one step.

        When this returns, the new file survives a loss of power too.
        """
        temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
        try:
            with self.open(temporary, "wb") as file:
                # On a disk that is nearly full a write takes less than it is given; this one goes
                # on with the rest, or raises.
                whole = io.BufferedWriter(cast("io.RawIOBase", file))
                write(whole)
                whole.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_directory(path.parent)

    def append(self, path: Path, data: bytes) -> None:
        """Add bytes to the end of a file; on a fault all of them are taken back where possible."""
        with self.open(path, "ab") as file:
            before = file.seek(0, os.SEEK_END)
            try:
                _write_all(file, data)
            except BaseException:
                with suppress(OSError):
                    file.truncate(before)
                raise

    def remove_leftovers(self, directory: Path) -> None:
        """Remove what a process that was killed in `replace` has left."""
        for path in directory.glob(f".*{TEMPORARY_SUFFIX}"):
            with suppress(OSError):
                path.unlink()

    def remove_new_run(self, directory: Path) -> None:
        """Remove a directory that was just made, with the lock that was put there."""
        with suppress(OSError):
            (directory / "lock").unlink()
            directory.rmdir()


def open_stored(path: Path) -> io.BufferedReader:
    """Open a run's file for reading.

    Raises:
        RunError: it is no regular file: a pipe, say, which nobody may ever write to.
        OSError: as `open` does.
    """
    try:
        return open_regular(path)
    except DatasetError as error:
        raise RunError(str(error)) from error


def _write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of `data` to an unbuffered file, which takes less when the disk is nearly full."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a loss of power, where the system has a way to."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
