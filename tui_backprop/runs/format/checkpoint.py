"""`checkpoint.npz`: arrays and plain values in one file, which is whole or refused.

The file is what `numpy.savez` writes: uncompressed `.npy` members, which `numpy.load` opens with
`allow_pickle=False`. Besides the state's own arrays it holds
- `values`: a JSON object in UTF-8, as uint8 (bytes,); its `format` is the version, now 1;
- `checksum`: the BLAKE2b digest of all other arrays, as uint8 (32,): see `_checksum`.
"""

import errno
import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import fill, open_regular, size_of
from tui_backprop.datasets.npy import NpyError, read_npy_header
from tui_backprop.datasets.npz import ShortReads
from tui_backprop.printable import printable
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.trainer_state import Arrays, TrainerState

FORMAT = 1
MAX_VALUES_BYTES = 2**20
MAX_ARRAYS = 1000
MAX_BYTES = 64 * 2**30
MAX_SOME_BYTES = 2**24

Array = npt.NDArray[Any]


def write_checkpoint(files: RunFiles, path: Path, state: TrainerState) -> None:
    """Put `state` in the place of the checkpoint at `path`, if there is one.

    Raises:
        OSError: it cannot be written; the old checkpoint is still there then.
    """
    files.replace(path, lambda file: _write(file, state))


def _write(file: BinaryIO, state: TrainerState) -> None:
    text = json.dumps({"format": FORMAT} | state.values, allow_nan=False)
    arrays: Arrays = dict(state.arrays)
    arrays["values"] = np.frombuffer(text.encode(), np.uint8)
    arrays["checksum"] = _checksum(arrays)
    # As numpy.savez does, which leaves its archive open when the disk is full.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def read_checkpoint(path: Path, max_bytes: int = MAX_BYTES) -> TrainerState:
    """Return what was written to `path`, every bit of it checked against the checksum.

    Args:
        path: of the checkpoint.
        max_bytes: of memory that reading may take.

    Raises:
        RunError: no such file, not readable, damaged, too large, or of another format.
    """
    with _faults(path), open_regular(path) as file:
        size = size_of(file)
        if size > max_bytes:
            raise StateError(f"has {size:,} bytes, more than the {max_bytes:,} that may be read")
        with ShortReads(file.raw) as reader, zipfile.ZipFile(reader) as archive:
            arrays = {
                member.filename.removesuffix(".npy"): _read_member(archive, member)
                for member in _members(archive, size)
            }
        return _checked(arrays)


def read_some_arrays(
    path: Path, wanted: Collection[str], max_bytes: int = MAX_SOME_BYTES
) -> TrainerState:
    """Return the values and those arrays that are wanted and there; each has its own CRC-32.

    Args:
        path: of the checkpoint.
        wanted: names of arrays.
        max_bytes: of memory that reading may take.

    Raises:
        RunError: as `read_checkpoint`.
    """
    with _faults(path), open_regular(path) as file:
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
        return _parsed(arrays)


def _checked(arrays: Arrays) -> TrainerState:
    if "values" not in arrays or "checksum" not in arrays:
        raise StateError("damaged, or no checkpoint: it has no values or no checksum")
    checksum = arrays.pop("checksum")
    if not np.array_equal(checksum, _checksum(arrays)):
        raise StateError("damaged: its checksum does not fit its contents")
    return _parsed(arrays)


def _parsed(arrays: Arrays) -> TrainerState:
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
    return TrainerState(arrays, checked.as_dict())


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
    name = printable(member.filename, 60)
    with archive.open(member) as stream:
        try:
            header = read_npy_header(stream)
        except NpyError as error:
            raise StateError(f"{name} {printable(error)}") from error
        if header.header_bytes + header.data_bytes != member.file_size:
            raise StateError(f"damaged: {name} claims {header.data_bytes:,} bytes of data")
        stored = header.shape[::-1] if header.fortran_order else header.shape
        array = np.empty(stored, header.dtype)
        if fill(stream, array) < array.nbytes or stream.read(1):
            raise StateError(f"damaged: {name} breaks off")
    return array.T if header.fortran_order else array


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
    except DatasetError as error:
        # Of the shared readers: it names the path already.
        raise RunError(str(error)) from error
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error
    except MemoryError as error:
        raise RunError(f"{printable(path)}: does not fit into the memory there is") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
        EOFError,
    ) as error:
        raise RunError(f"{printable(path)}: damaged ({printable(error, 80)})") from error
    except OSError as error:
        # EINVAL comes from seeking to an offset outside of the file.
        fault = "damaged" if error.errno == errno.EINVAL else printable(error.strerror or error)
        raise RunError(f"{printable(path)}: {fault}") from error
