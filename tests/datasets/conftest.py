"""Small datasets on disk, whole, for tests to load or to damage."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tui_backprop.datasets import DatasetError, load_dataset

Arrays = dict[str, Any]
"""The arrays of an .npz file by name."""
Refused = Callable[[Path | str], str]


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    header = struct.pack(f">{1 + array.ndim}I", 0x0800 | array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.fixture
def arrays() -> Arrays:
    """Five training and three test pictures of 3x2, labels 0 to 2."""
    rng = np.random.default_rng(7)
    return {
        "x_train": rng.integers(0, 256, (5, 3, 2), np.uint8),
        "t_train": np.array([0, 1, 2, 1, 0], np.int64),
        "x_test": rng.integers(0, 256, (3, 3, 2), np.uint8),
        "t_test": np.array([2, 0, 1], np.int64),
    }


@pytest.fixture
def idx_files(arrays: Arrays) -> dict[str, bytes]:
    """The contents of a folder's four files by canonical name."""
    return {
        "train-images-idx3-ubyte": idx_bytes(arrays["x_train"]),
        "train-labels-idx1-ubyte": idx_bytes(arrays["t_train"].astype(np.uint8)),
        "t10k-images-idx3-ubyte": idx_bytes(arrays["x_test"]),
        "t10k-labels-idx1-ubyte": idx_bytes(arrays["t_test"].astype(np.uint8)),
    }


@pytest.fixture
def folder(tmp_path: Path, idx_files: dict[str, bytes]) -> Path:
    """A folder of plain IDX files."""
    path = tmp_path / "plain"
    path.mkdir()
    for name, data in idx_files.items():
        (path / name).write_bytes(data)
    return path


@pytest.fixture
def gz_folder(tmp_path: Path, idx_files: dict[str, bytes]) -> Path:
    """A folder of gzipped IDX files."""
    path = tmp_path / "zipped"
    path.mkdir()
    for name, data in idx_files.items():
        (path / f"{name}.gz").write_bytes(gzip.compress(data, mtime=0))
    return path


@pytest.fixture
def npz(tmp_path: Path, arrays: Arrays) -> Path:
    """An uncompressed .npz file."""
    path = tmp_path / "small.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture
def refused() -> Refused:
    """Load what must be refused; return the message, which is one printable line."""

    def check(path: Path | str) -> str:
        with pytest.raises(DatasetError) as caught:
            load_dataset(str(path))
        message = str(caught.value)
        assert message.isprintable()
        return message

    return check
