"""`.npz` files with the arrays x_train, t_train, x_test and t_test, as `numpy.savez` writes them.

x is (N, D), (N, height, width) for pictures, or (N, channels, height, width) for pictures in
colour: uint8 (pixels, divided by 255 for the network), or floats or int16 (kept as float32,
undivided). The channels, 1 or 3, may come last: that is what a shape means whose second number is
neither. What t may be, see `datasets.targets`.
"""

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.dataset import Dataset, Samples
from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import (
    MAX_DATASET_BYTES,
    faults_of,
    file_error,
    open_regular,
    size_of,
)
from tui_backprop.datasets.npy import NpyError, NpyHeader
from tui_backprop.datasets.npz_members import ShortReads, read_member
from tui_backprop.datasets.targets import TargetError, decode_targets
from tui_backprop.printable import printable

ARRAYS = ("x_train", "t_train", "x_test", "t_test")

CHANNELS = (1, 3)
"""How many channels a picture may have: grey, or red, green and blue."""


def load_npz(path: Path, name: str) -> Dataset:
    """Return the dataset in the `.npz` file at `path`.

    Raises:
        DatasetError: a missing, damaged, pickled, misshapen or oversized array.
    """
    arrays = read_npz(path)
    for array in ("x_train", "x_test"):
        arrays[array] = _channels_first(arrays[array])
    shape = arrays["x_train"].shape[1:]
    if arrays["x_test"].shape[1:] != shape:
        raise file_error(
            path,
            f"x_test has samples of shape {arrays['x_test'].shape[1:]}, but x_train of {shape}",
        )
    if len(shape) == 3 and shape[0] not in CHANNELS:
        raise file_error(
            path, f"x_train has samples of shape {shape}, expected 1 or 3 channels first or last"
        )
    try:
        targets = decode_targets(arrays["t_train"], arrays["t_test"])
    except TargetError as error:
        raise file_error(path, str(error)) from error
    x_train, x_test = _samples(arrays.pop("x_train")), _samples(arrays.pop("x_test"))
    return Dataset(
        name=name,
        x_train=x_train,
        t_train=targets.t_train,
        x_test=x_test,
        t_test=targets.t_test,
        scale=255.0 if x_train.dtype == np.uint8 else 1.0,
        image_shape=(shape[-2], shape[-1]) if len(shape) > 1 else None,
        class_names=targets.class_names,
        task=targets.task,
        target_names=targets.target_names,
        channels=shape[0] if len(shape) == 3 else 1,
    )


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Return the four arrays, as stored: `x` 2-D to 4-D uint8, float or int16, `t` 1-D or 2-D.

    Raises:
        DatasetError: not a zip archive of four such arrays within MAX_DATASET_BYTES.
    """
    with (
        faults_of(path),
        _zip_faults(path),
        open_regular(path) as file,
        ShortReads(file.raw) as reader,
        zipfile.ZipFile(reader) as archive,
    ):
        members = {member.filename: member for member in archive.infolist()}
        missing = [array for array in ARRAYS if f"{array}.npy" not in members]
        if missing:
            raise file_error(path, f"no array {', '.join(missing)}; expected {', '.join(ARRAYS)}")
        found = {array: members[f"{array}.npy"] for array in ARRAYS}
        total = sum(member.file_size for member in found.values())
        if total > MAX_DATASET_BYTES:
            raise file_error(path, f"claims {total} bytes unpacked, more than {MAX_DATASET_BYTES}")
        return {
            array: _read(archive, member, array, path, size_of(file))
            for array, member in found.items()
        }


@contextmanager
def _zip_faults(path: Path) -> Iterator[None]:
    """Turn all that zipfile raises on a forged or damaged archive into a DatasetError."""
    try:
        yield
    except DatasetError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise file_error(
            path,
            f"damaged, or not an .npz file ({printable(error)}); for IDX files name their folder",
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        # An encrypted member, or a zip feature from the future.
        raise file_error(
            path, f"not an .npz file as NumPy writes it ({printable(error)})"
        ) from error
    except (ValueError, OverflowError, OSError) as error:
        # Offsets outside of the file (EINVAL from the seek), names in no known encoding.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise file_error(path, "damaged zip directory") from error


def _read(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, array: str, path: Path, archive_bytes: int
) -> NDArray[Any]:
    try:
        return read_member(
            archive,
            member,
            archive_bytes,
            lambda header: _check_header(header, array),
            text_allowed=array.startswith("t"),
        )
    except NpyError as error:
        raise file_error(path, f"{array} {printable(error)}") from error


def _check_header(header: NpyHeader, array: str) -> None:
    """Refuse what cannot be samples or labels before any of it is read."""
    dimensions = len(header.shape)
    if array.startswith("x"):
        # Integers of 16 bits are the same numbers as float32; wider ones need not be.
        if header.dtype.kind != "f" and not (
            header.dtype.kind in "iu" and header.dtype.itemsize <= 2
        ):
            raise NpyError(
                f"has dtype {header.dtype}, expected uint8 or a float type, or another integer of"
                " at most 16 bits"
            )
        if dimensions not in (2, 3, 4):
            raise NpyError(
                f"is {dimensions}-D, expected (N, D), (N, height, width) or "
                "(N, channels, height, width)"
            )
    elif dimensions not in (1, 2):
        raise NpyError(
            f"is {dimensions}-D, expected (N,) labels, (N, classes) one-hot or (N, outputs)"
        )
    if header.data_bytes == 0:
        raise NpyError(f"has the shape {header.shape}, expected at least one sample")


def _channels_first(x: NDArray[Any]) -> NDArray[Any]:
    """Return pictures in colour as (N, channels, height, width), all else as it is."""
    if x.ndim == 4 and x.shape[1] not in CHANNELS and x.shape[3] in CHANNELS:
        return x.transpose(0, 3, 1, 2)
    return x


def _samples(x: NDArray[Any]) -> Samples:
    """Return `x` as (N, D), uint8 as it is and all else as float32."""
    flat = x.reshape(x.shape[0], -1)
    if flat.dtype == np.uint8:
        return flat
    with np.errstate(over="ignore", invalid="ignore"):
        # What overflows is reported by Dataset, which wants finite numbers.
        return flat.astype(np.float32, copy=False)
