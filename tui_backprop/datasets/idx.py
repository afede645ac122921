"""Folders of IDX files, the format of MNIST, Fashion-MNIST and KMNIST (yann.lecun.com/exdb/mnist).

A folder holds four files, each plain or gzipped (named `.gz`), `-idx` also spelled `.idx`:
train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte.
An IDX file is a big-endian magic number (type and number of dimensions), the dimensions, the bytes.
"""

import gzip
import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.dataset import Dataset, Labels
from tui_backprop.datasets.files import (
    MAX_DATASET_BYTES,
    MAX_DEFLATE_RATIO,
    Digest,
    Reader,
    faults_of,
    file_error,
    fill,
    open_regular,
    size_of,
)

CLASS_COUNT = 10
"""Classes of an IDX folder: MNIST and what is made to drop in for it have labels 0 to 9."""

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


@dataclass(frozen=True)
class IdxKind:
    """What an IDX file of unsigned bytes holds."""

    holds: str
    dimensions: int

    @property
    def magic(self) -> int:
        """The number the file begins with: type 0x08 (unsigned byte), then the dimensions."""
        return 0x0800 | self.dimensions


IMAGES = IdxKind("images", 3)
LABELS = IdxKind("labels", 1)


def load_idx_folder(folder: Path, name: str, md5: Mapping[str, str] | None = None) -> Dataset:
    """Return the dataset in `folder`, images of any one size, labels 0 to 9.

    Args:
        folder: where the four files are.
        name: the dataset's name.
        md5: by canonical file name, the MD5 each unpacked file must have.

    Raises:
        DatasetError: a missing, damaged or oversized file, or files that do not fit together.
    """
    with faults_of(folder):
        present = {entry.name for entry in folder.iterdir()}
    found = {
        stem: _spelling(stem, present)
        for stem in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    }
    missing = [stem for stem, spelling in found.items() if spelling is None]
    if missing:
        raise file_error(
            folder, f"no {', '.join(missing)} (plain or .gz); a dataset folder holds four IDX files"
        )
    arrays: dict[str, NDArray[np.uint8]] = {}
    limit = MAX_DATASET_BYTES
    for stem, spelling in found.items():
        kind = IMAGES if "images" in stem else LABELS
        array = read_idx(folder / str(spelling), kind, limit, md5[stem] if md5 else None)
        limit -= array.nbytes
        arrays[stem] = array
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        if len(arrays[images]) != len(arrays[labels]):
            raise file_error(
                folder / str(found[labels]),
                f"{len(arrays[labels])} labels, but {found[images]} holds "
                f"{len(arrays[images])} images",
            )
    _, height, width = arrays[TRAIN_IMAGES].shape
    if arrays[TEST_IMAGES].shape[1:] != (height, width):
        other_height, other_width = arrays[TEST_IMAGES].shape[1:]
        raise file_error(
            folder / str(found[TEST_IMAGES]),
            f"images of {other_height}x{other_width}, but {found[TRAIN_IMAGES]} holds "
            f"{height}x{width}",
        )
    return Dataset(
        name=name,
        x_train=arrays[TRAIN_IMAGES].reshape(-1, height * width),
        t_train=_labels(arrays[TRAIN_LABELS], folder / str(found[TRAIN_LABELS])),
        x_test=arrays[TEST_IMAGES].reshape(-1, height * width),
        t_test=_labels(arrays[TEST_LABELS], folder / str(found[TEST_LABELS])),
        scale=255.0,
        image_shape=(height, width),
        class_names=tuple(str(label) for label in range(CLASS_COUNT)),
    )


def read_idx(
    path: Path, kind: IdxKind, limit: int = MAX_DATASET_BYTES, md5: str | None = None
) -> NDArray[np.uint8]:
    """Return the array in one IDX file, gzipped if its name ends in .gz.

    No more than `limit` bytes are allocated, and none that the file is too short to fill.

    Args:
        path: the file.
        kind: what it must hold.
        limit: bytes of data allowed.
        md5: hexadecimal MD5 that the unpacked file must have, header included.

    Returns:
        (N, height, width) for images, (N,) for labels, uint8.

    Raises:
        DatasetError: anything but one whole IDX file of that kind.
    """
    digest = hashlib.md5(usedforsecurity=False) if md5 is not None else None
    with faults_of(path), open_regular(path) as file:
        packed = size_of(file)
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as unpacked:
                array = _read(unpacked, packed * MAX_DEFLATE_RATIO, path, kind, limit, digest)
        else:
            array = _read(file, packed, path, kind, limit, digest)
    if digest is not None and digest.hexdigest() != md5:
        raise file_error(path, f"MD5 {digest.hexdigest()} once unpacked, expected {md5}")
    return array


def _read(
    stream: Reader,
    capacity: int,
    path: Path,
    kind: IdxKind,
    limit: int,
    digest: Digest | None,
) -> NDArray[np.uint8]:
    """Read header and data of `stream`, which can hold `capacity` bytes at the very most."""
    header_size = 4 + 4 * kind.dimensions
    header = stream.read(header_size)
    if len(header) >= 4:
        (magic,) = struct.unpack(">I", header[:4])
        if magic != kind.magic:
            raise file_error(
                path,
                f"magic number 0x{magic:08x}, expected 0x{kind.magic:08x} ({kind.holds})",
            )
    if len(header) < header_size:
        raise file_error(
            path, f"ends after {len(header)} bytes, inside its header of {header_size}"
        )
    shape = struct.unpack(f">{kind.dimensions}I", header[4:])
    size = math.prod(shape)
    claim = f"header claims {' x '.join(map(str, shape))} = {size} bytes"
    if size == 0:
        raise file_error(path, f"{claim}, expected at least one sample")
    if size > limit:
        raise file_error(path, f"{claim}, more than the {limit} a dataset may have left to use")
    if size > capacity - header_size:
        raise file_error(path, f"{claim}, more than a file of its size can hold")
    if digest is not None:
        digest.update(header)
    array = np.empty(shape, np.uint8)
    count = fill(stream, array, digest)
    if count < size:
        raise file_error(path, f"{claim}, but only {count} follow")
    if stream.read(1):
        raise file_error(path, f"{claim}, but more follow")
    return array


def _spelling(stem: str, present: set[str]) -> str | None:
    """Return which spelling of the canonical name `stem` is present, the plain one first."""
    dotted = stem.replace("-idx", ".idx")
    return next((n for n in (stem, f"{stem}.gz", dotted, f"{dotted}.gz") if n in present), None)


def _labels(raw: NDArray[np.uint8], path: Path) -> Labels:
    stray = np.flatnonzero(raw >= CLASS_COUNT)
    if stray.size:
        raise file_error(
            path,
            f"label {raw[stray[0]]} at position {stray[0]}, expected 0 to {CLASS_COUNT - 1}",
        )
    return raw.astype(np.intp)
