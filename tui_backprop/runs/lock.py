"""One process at a time trains a run: a lock on an open file, which dies with its holder."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_own
from tui_backprop.runs.run_error import RunError, file_error

LOCK_NAME = "lock"

_TRIES = 10
_SECONDS_BETWEEN = 0.02
_WINDOWS_OFFSET = 2**30
"""Windows keeps others from reading what is locked: a byte far behind the process id is."""


class RunLock:
    """The right to write into a run's directory, held until `release` or the process's end.

    The file holds the id of the process that has it, or had it last.

    Raises:
        RunError: another process holds it, the directory cannot be written, or what is in the
            lock's place is no file of the user's own.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK_NAME
        try:
            self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise file_error(path, error) from error
        # Somebody who looks whether it is held has it for a moment.
        for attempt in range(_TRIES):
            if _lock(self._descriptor, exclusive=True):
                break
            if attempt < _TRIES - 1:
                time.sleep(_SECONDS_BETWEEN)
        else:
            holder = printable(os.read(self._descriptor, 20).decode("ascii", "replace").strip())
            os.close(self._descriptor)
            raise RunError(
                f"{printable(directory.name)}: this run is being trained by another process"
                + (f" ({holder})" if holder else "")
            )
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def touch(self) -> None:
        """Date the file, as a sign of life for whoever watches the run."""
        if os.utime in os.supports_fd:
            with suppress(OSError):
                os.utime(self._descriptor)

    def release(self) -> None:
        """Let others train the run."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_locked(directory: Path) -> bool:
    """Whether some process is training the run."""
    try:
        descriptor = open_own(directory / LOCK_NAME, os.O_RDONLY)
    except (OSError, RunError):
        return False
    try:
        return not _lock(descriptor, exclusive=False)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, exclusive: bool) -> bool:
        os.lseek(descriptor, _WINDOWS_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, exclusive: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
