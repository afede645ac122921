"""From the bytes of a tape's file to the tape: nothing unpickled, nothing taken on trust."""

import errno
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tui_backprop.datasets.npy import NpyError, NpyHeader
from tui_backprop.datasets.npz_members import DAMAGE, ShortReads, read_member
from tui_backprop.printable import printable
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.tape_file.format import (
    FORMAT,
    HEADER_NAME,
    MAX_HEADER_BYTES,
    MAX_STEPS,
    array_name,
)
from tui_backprop.tape_file.header import Entries, read_entries
from tui_backprop.tape_file.steps import (
    StepReader,
    read_prediction,
    read_samples,
    with_disagreement,
)
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.tape import Tape


class TapeError(ValueError):
    """What is wrong with a tape's file; the message continues a sentence that names it."""


def read_tape(file: "io.BufferedReader[Any]", size: int) -> Tape:
    """Return the tape in an open file of `size` bytes.

    No more is allocated than the file holds. What a header has that is not known is ignored; an
    operation whose code is not known becomes one without a derivation.

    Raises:
        TapeError: it is damaged, or none.
        OSError: as reading does.
    """
    with (
        _faults(),
        ShortReads(file.raw, MAX_HEADER_BYTES) as reader,
        zipfile.ZipFile(reader) as archive,
    ):
        members = _members(archive, size)
        header = _header(archive, members)
        entries = read_entries(header)
        arrays = [_array(archive, members, number, entries, size) for number in range(len(entries))]
        steps = StepReader(arrays, entries)
        for values in header.tables("steps", MAX_STEPS):
            steps.read(values)
        beside = steps.targets(header), read_prediction(header), read_samples(header)
        return with_disagreement(header, Tape(tuple(steps.steps), *beside))


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the members by their names; all together are no larger than the file."""
    members = {member.filename: member for member in archive.infolist()}
    for member in members.values():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise TapeError(f"{printable(member.filename, 60)} is compressed, expected stored")
    claimed = sum(member.file_size for member in archive.infolist())
    if claimed > size:
        raise TapeError(f"damaged: claims {claimed:,} bytes in {size:,}")
    return members


def _header(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> PlainValues:
    if HEADER_NAME not in members:
        raise TapeError(f"no tape: it has no {HEADER_NAME}")
    length = members[HEADER_NAME].file_size
    if length > MAX_HEADER_BYTES:
        raise TapeError(
            f"{HEADER_NAME} has {length:,} bytes, at most {MAX_HEADER_BYTES:,} are read"
        )
    try:
        header = PlainValues(json.loads(archive.read(HEADER_NAME)))
    except RecursionError as error:
        raise TapeError(f"{HEADER_NAME} is nested too deep") from error
    found = header.integer("format", 1, 2**31)
    if found != FORMAT:
        raise TapeError(f"is in format {found}, but this program reads format {FORMAT}")
    return header


def _array(
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    number: int,
    entries: Entries,
    size: int,
) -> Numbers:
    """Return an array, of one that was left out what stands for its numbers."""
    entry, name = entries[number], array_name(number)
    if entry.left_out is not None:
        return entry.stand_in
    if name not in members:
        raise TapeError(f"{name} is missing")

    def check(header: NpyHeader) -> None:
        if header.shape != entry.shape or header.dtype.newbyteorder("=") != entry.dtype:
            raise NpyError(f"is {header.dtype} of shape {header.shape}, not as {HEADER_NAME} says")

    try:
        array = read_member(archive, members[name], size, check)
    except NpyError as error:
        raise TapeError(f"{name} {error}") from error
    return array.astype(entry.dtype, copy=False)


@contextmanager
def _faults() -> Iterator[None]:
    """Turn all that reading a damaged or forged archive raises into a TapeError."""
    try:
        yield
    except TapeError:
        raise
    except StateError as error:
        raise TapeError(str(error)) from error
    except MemoryError as error:
        raise TapeError("does not fit into the memory there is") from error
    except DAMAGE as error:
        raise TapeError(f"damaged, or no tape ({printable(error, 80)})") from error
    except OSError as error:
        # EINVAL comes from seeking to an offset outside of the file.
        if error.errno != errno.EINVAL:
            raise
        raise TapeError("damaged, or no tape") from error
