"""A run's files: opened only if they are the user's own, written so that a fault costs none."""

import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from tui_backprop.printable import printable
from tui_backprop.runs.run_error import RunError

TEMPORARY_SUFFIX = ".new"

_WARILY = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
"""No link is followed, and no pipe waited for."""

_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class RunFiles:
    """Everything a run does to its directory. Each method raises OSError as the system does.

    A class of its own so that a test can stand a broken disk in its place.

    """

    _jobs = 0

    @property
    def writing(self) -> bool:
        """Whether something is being written: not a moment to end the process in."""
        return self._jobs > 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count what is done within as writing, with what lies between the writes."""
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    def open(self, path: Path, mode: str) -> BinaryIO:
        """Open a file for unbuffered appending ("ab") or, where there is none, writing ("xb").

        Raises:
            RunError: what is there is not a regular file of the user's own.
        """
        if mode == "xb":
            return path.open(mode, buffering=0)  # type: ignore[return-value]
        return os.fdopen(open_own(path, _APPENDING), mode, buffering=0)  # type: ignore[return-value]

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
        with self.at_work():
            # What a killed process with this very id has left.
            temporary.unlink(missing_ok=True)
            try:
                with self.open(temporary, "xb") as file:
                    # On a disk that is nearly full a write takes less than it is given; this one
                    # goes on with the rest, or raises.
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
        with self.at_work(), self.open(path, "ab") as file:
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


def open_own(path: Path, flags: int, permissions: int = 0o666) -> int:
    """Open one of a run's files, if it is a regular file of whoever runs us; return a descriptor.

    Neither is a link followed nor a pipe or device waited for. With O_CREAT it may be a new one.

    Raises:
        RunError: it is something else, or somebody else's.
        OSError: as `os.open` does.
    """
    descriptor = _open_regular(path, flags, permissions)
    try:
        _check_owner(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_readable(path: Path) -> io.BufferedReader:
    """Open another program's file for reading: a regular one, whoever's it is.

    Raises:
        RunError: it is something else, or a link.
        OSError: as `os.open` does.
    """
    return os.fdopen(_open_regular(path, os.O_RDONLY), "rb")


def _open_regular(path: Path, flags: int, permissions: int = 0o666) -> int:
    try:
        # Opened first and then looked at, so that the file cannot be swapped in between.
        descriptor = os.open(path, flags | _WARILY, permissions)
    except OSError as error:
        # ENXIO: a pipe or socket with nobody at its other end. EISDIR: a folder, to be written.
        if path.is_symlink():
            raise RunError(
                f"{printable(path)}: a link, expected a file of the run's own"
            ) from error
        if error.errno in (errno.ENXIO, errno.EISDIR):
            raise RunError(f"{printable(path)}: not a regular file") from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RunError(f"{printable(path)}: not a regular file")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_stored(path: Path) -> io.BufferedReader:
    """Open a run's file for reading.

    Raises:
        RunError, OSError: as `open_own`.
    """
    return os.fdopen(open_own(path, os.O_RDONLY), "rb")


def check_directory(path: Path) -> None:
    """Refuse a run's directory that is a link, none at all, or somebody else's.

    Raises:
        RunError: which of these.
        OSError: as `os.lstat` does.
    """
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise RunError(f"{printable(path)}: a link, expected a run's own directory")
    if not stat.S_ISDIR(found.st_mode):
        raise RunError(f"{printable(path)}: not a directory")
    _check_owner(path, found)


def _check_owner(path: Path, found: os.stat_result) -> None:
    # Windows has no such owners.
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise RunError(f"{printable(path)}: belongs to another user (uid {found.st_uid})")


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
