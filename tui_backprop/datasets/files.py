"""Reading outside files without trusting them: regular files only, bounded reads, named faults."""

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.errors import DatasetError
from tui_backprop.printable import printable

MAX_DATASET_BYTES = 4 * 2**30
"""Largest dataset, in bytes once unpacked, that is read at all."""

MAX_DEFLATE_RATIO = 1032
"""No deflate stream (gzip, zip) unpacks to more than this many times its own size."""

CHUNK_BYTES = 2**18


class Reader(Protocol):
    """What bytes are read from: a file, or an unpacking stream over one."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


class Digest(Protocol):
    """What takes in bytes as they are read, as hashlib's objects do."""

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes."""


def file_error(path: Path, fault: str) -> DatasetError:
    """Return the error "PATH: FAULT", the path made printable."""
    return DatasetError(f"{printable(path)}: {fault}")


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Turn what the system or gzip finds wrong with `path` into a DatasetError naming it."""
    try:
        yield
    except EOFError as error:
        raise file_error(path, "truncated: its compressed data breaks off") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise file_error(path, f"not valid gzip data ({printable(error)})") from error
    except UnicodeEncodeError as error:
        raise file_error(path, "not a path this system can express") from error
    except OSError as error:
        raise file_error(path, printable(error.strerror or error)) from error


def open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file for reading; a FIFO, device or folder is refused without blocking.

    Raises:
        DatasetError: not a regular file.
        OSError: as `open` does.
    """
    # Opened first and then looked at, so that the file cannot be swapped in between.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise file_error(path, "not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def size_of(file: io.BufferedReader) -> int:
    """Return the size in bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def fill(stream: Reader, array: NDArray[Any], digest: Digest | None = None) -> int:
    """Read bytes of `stream` into the C-contiguous `array`; return how many there were.

    Fewer than `array.nbytes` means that the stream ended. `digest` is fed what was read.
    """
    target = array.reshape(-1).view(np.uint8).data
    position = 0
    while position < len(target):
        chunk = stream.read(min(CHUNK_BYTES, len(target) - position))
        if not chunk:
            break
        target[position : position + len(chunk)] = chunk
        position += len(chunk)
        if digest is not None:
            digest.update(chunk)
    return position
