"""`checkpoint.npz`: arrays and plain values in one file, which is whole or refused.

See README.md here. NumPy reads the arrays; before it does, what the archive and each array's header
claim is held against the size of the file, so that nothing is allocated which the file cannot hold.
"""

import errno
import hashlib
import json
import math
import tokenize
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from tui_backprop.datasets.files import size_of
from tui_backprop.datasets.npz_members import DAMAGE, ShortReads
from tui_backprop.printable import printable
from tui_backprop.runs.files import RunFiles, open_stored
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.run_error import RunError

FORMAT = 1
MAX_VALUES_BYTES = 2**20
MAX_ARRAYS = 1000
MAX_BYTES = 64 * 2**30
MAX_SOME_BYTES = 2**24

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint holds: arrays by their names, and values that JSON can hold."""

    arrays: Arrays
    values: dict[str, Any]


def write_checkpoint(files: RunFiles, path: Path, checkpoint: Checkpoint) -> None:
    """Put `checkpoint` in the place of the one at `path`, if there is one.

    Raises:
        OSError: it cannot be written; the old checkpoint is still there then.
    """
    files.replace(path, lambda file: _write(file, checkpoint))


def _write(file: BinaryIO, checkpoint: Checkpoint) -> None:
    text = json.dumps({"format": FORMAT} | checkpoint.values, allow_nan=False)
    arrays: Arrays = dict(checkpoint.arrays)
    arrays["values"] = np.frombuffer(text.encode(), np.uint8)
    arrays["checksum"] = _checksum(arrays)
    # As numpy.savez does, which leaves its archive open when the disk is full.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, np.asanyarray(array), allow_pickle=False)


def read_checkpoint(path: Path, max_bytes: int = MAX_BYTES, *, run: str = "") -> Checkpoint:
    """Return what was written to `path`, every bit of it checked against the checksum.

    Args:
        path: of the checkpoint.
        max_bytes: of memory that reading may take.
        run: the id that it must have, if it has one; of whatever run, if empty.

    Raises:
        RunError: no such file, not readable, damaged, too large, of another format or run.
    """
    with _faults(path), open_stored(path) as file:
        size = size_of(file)
        if size > max_bytes:
            raise StateError(f"has {size:,} bytes, more than the {max_bytes:,} that may be read")
        with ShortReads(file.raw) as reader, zipfile.ZipFile(reader) as archive:
            arrays = {
                member.filename.removesuffix(".npy"): _read_member(archive, member)
                for member in _members(archive, size)
            }
        return _checked(arrays, run)


def read_some_arrays(
    path: Path, wanted: Collection[str], max_bytes: int = MAX_SOME_BYTES, *, run: str = ""
) -> Checkpoint:
    """Return the values and those arrays that are wanted and there; each has its own CRC-32.

    Args:
        path: of the checkpoint.
        wanted: names of arrays.
        max_bytes: of memory that reading may take.
        run: as for `read_checkpoint`.

    Raises:
        RunError: as `read_checkpoint`.
    """
    with _faults(path), open_stored(path) as file:
        size = size_of(file)
        with ShortReads(file.raw) as reader, zipfile.ZipFile(reader) as archive:
            members = [
                member
                for member in _members(archive, size)
                if member.filename.removesuffix(".npy") in {"values", *wanted}
            ]
            if sum(member.file_size for member in members) > max_bytes:
                raise StateError(f"has more than {max_bytes:,} bytes of values and curves")
            arrays = {
                member.filename.removesuffix(".npy"): _read_member(archive, member)
                for member in members
            }
        if "values" not in arrays:
            raise StateError("damaged, or no checkpoint: it has no values")
        return _parsed(arrays, run)


def _checked(arrays: Arrays, run: str) -> Checkpoint:
    if "values" not in arrays or "checksum" not in arrays:
        raise StateError("damaged, or no checkpoint: it has no values or no checksum")
    checksum = arrays.pop("checksum")
    if not np.array_equal(checksum, _checksum(arrays)):
        raise StateError("damaged: its checksum does not fit its contents")
    return _parsed(arrays, run)


def _parsed(arrays: Arrays, run: str) -> Checkpoint:
    values = arrays.pop("values")
    if values.nbytes > MAX_VALUES_BYTES:
        raise StateError(f"has {values.nbytes:,} bytes of values, expected {MAX_VALUES_BYTES:,}")
    try:
        parsed = json.loads(values.tobytes())
    except (ValueError, RecursionError) as error:
        raise StateError("its values are not JSON") from error
    checked = PlainValues(parsed)
    found = checked.integer("format", 1, 2**31)
    if found != FORMAT:
        raise StateError(f"is in format {found}, but this program reads format {FORMAT}")
    # The first program's have no id.
    found_run = checked.text("run", 100, default=run)
    if run and found_run != run:
        raise StateError(f"is of the run {printable(found_run)}, not of {printable(run)}")
    return Checkpoint(arrays, checked.as_dict())


def _members(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Return the members, all of which together are no larger than the file."""
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > MAX_ARRAYS or len(names) < len(members):
        raise StateError(
            f"damaged: {len(members)} arrays, {len(names)} of them with their own name"
        )
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise StateError(f"{printable(member.filename, 60)} is compressed, expected stored")
    claimed = sum(member.file_size for member in members)
    if claimed > size:
        raise StateError(f"damaged: claims {claimed:,} bytes of arrays in {size:,} bytes")
    return members


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Array:
    """Read an array, after a look at its header alone: no more than the file has is allocated."""
    name = printable(member.filename, 60)
    try:
        with archive.open(member) as stream:
            _check_header(stream, name, member.file_size)
        with archive.open(member) as stream:
            array: Array = npy.read_array(stream, allow_pickle=False)
            if stream.read(1):
                raise StateError(f"damaged: {name} has more than its array")
    # What NumPy's parser of headers lets through, where one is no header; and what it warns of.
    except (SyntaxError, tokenize.TokenError, TypeError, RecursionError, Warning) as error:
        raise StateError(f"damaged: {name} has no header that NumPy writes") from error
    return array


def _check_header(stream: IO[bytes], name: str, size: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = _HEADERS.get(npy.read_magic(stream))
        if read is None:
            raise StateError(f"{name} is in a later version of the npy format")
        shape, _, dtype = read(stream)
    if dtype.kind not in "biuf":
        pickled = ", which would have to be unpickled" if dtype.hasobject else ""
        raise StateError(f"{name} has dtype {printable(dtype, 60)}{pickled}; expected numbers")
    data = math.prod(shape) * dtype.itemsize
    if stream.tell() + data != size or min(shape, default=0) < 0:
        raise StateError(f"damaged: {name} claims {data:,} bytes of data")


def _checksum(arrays: Mapping[str, Array]) -> Array:
    """Return the BLAKE2b digest, 32 bytes, of all arrays in the order of their names.

    Of each: name, dtype and shape as the text "NAME DTYPE SHAPE\\n", then its entries in C order.
    """
    digest = hashlib.blake2b(digest_size=32)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {arrays[name].shape}\n".encode(errors="replace"))
        digest.update(array.reshape(-1).view(np.uint8).data)
    return np.frombuffer(digest.digest(), np.uint8)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn all that reading a damaged or forged archive raises into a RunError naming it."""
    try:
        yield
    except RunError:
        raise
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error
    except MemoryError as error:
        raise RunError(f"{printable(path)}: does not fit into the memory there is") from error
    except DAMAGE as error:
        raise RunError(f"{printable(path)}: damaged ({printable(error, 80)})") from error
    except OSError as error:
        # EINVAL comes from seeking to an offset outside of the file.
        fault = "damaged" if error.errno == errno.EINVAL else printable(error.strerror or error)
        raise RunError(f"{printable(path)}: {fault}") from error
