"""An array out of a zip archive in NumPy's npy format: nothing unpickled, nothing taken on trust.

Nothing is allocated before the sizes are known to be true and allowed. Not `numpy.load`: it
allocates what a forged header claims before it reads (4 GB for 30 bytes), and its evaluation of
the header ends in errors and warnings that no caller is told of.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.files import MAX_DEFLATE_RATIO, fill
from tui_backprop.datasets.npy import NpyError, NpyHeader, read_npy_header

MAX_READ_BYTES = 2**20
"""Largest single read: more than a zip directory of few members, which is read in one go."""

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(ValueError, OverflowError, EOFError),
)
"""What reading a damaged or forged archive raises, beside an OSError of EINVAL by the seek."""


class ShortReads(io.BufferedReader):
    """A file that refuses the giant reads which a forged size in a zip directory leads to.

    Args:
        raw: the file.
        most: bytes that may be read in one go.
    """

    def __init__(self, raw: Any, most: int = MAX_READ_BYTES) -> None:
        super().__init__(raw)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as usual, unless it is more than may be."""
        if size is not None and size > self._most:
            raise zipfile.BadZipFile(f"a directory of {size} bytes")
        return super().read(size)


def read_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    archive_bytes: int,
    check: Callable[[NpyHeader], None],
    *,
    text_allowed: bool = False,
) -> NDArray[Any]:
    """Read one array, allocating only what its header, the directory and the file agree upon.

    Args:
        archive: that it is in.
        member: what the directory says of it.
        archive_bytes: the size of the file.
        check: raises NpyError where the header is not of such an array as is wanted.
        text_allowed: whether it may be of text.

    Raises:
        NpyError: it cannot be read; the message continues a sentence that names it.
    """
    ratio = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: MAX_DEFLATE_RATIO}.get(
        member.compress_type
    )
    if ratio is None:
        raise NpyError(f"is compressed by method {member.compress_type}, expected deflate")
    with archive.open(member) as stream:
        header = read_npy_header(stream, text_allowed=text_allowed)
        check(header)
        size = header.header_bytes + header.data_bytes
        claim = f"claims the shape {header.shape} of {header.dtype}"
        if size != member.file_size:
            raise NpyError(f"{claim} = {size} bytes with its header, but has {member.file_size}")
        if size > ratio * min(member.compress_size, archive_bytes):
            raise NpyError(f"{claim} = {size} bytes, more than the file can hold")
        stored = header.shape[::-1] if header.fortran_order else header.shape
        data = np.empty(stored, header.dtype)
        if fill(stream, data) < data.nbytes or stream.read(1):
            raise NpyError(f"{claim}, but its data has another length")
    return data.T if header.fortran_order else data
