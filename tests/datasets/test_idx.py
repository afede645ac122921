"""Folders of IDX files: what loads, and how each fault is named."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.conftest import Arrays, Refused
from tui_backprop.datasets import idx, load_dataset

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def check_content(path: Path, arrays: Arrays) -> None:
    dataset = load_dataset(str(path))
    assert dataset.x_train.dtype == np.uint8
    assert (dataset.x_train == arrays["x_train"].reshape(5, 6)).all()
    assert (dataset.x_test == arrays["x_test"].reshape(3, 6)).all()
    assert dataset.t_train.tolist() == arrays["t_train"].tolist()
    assert dataset.t_test.tolist() == arrays["t_test"].tolist()
    assert (dataset.scale, dataset.image_shape, dataset.class_count) == (255.0, (3, 2), 10)
    assert dataset.name == str(path)


def test_plain_folder(folder: Path, arrays: Arrays) -> None:
    check_content(folder, arrays)


def test_gzipped_folder(gz_folder: Path, arrays: Arrays) -> None:
    check_content(gz_folder, arrays)


def test_dotted_names_and_a_mix_of_plain_and_gzipped(
    folder: Path, gz_folder: Path, arrays: Arrays
) -> None:
    (folder / IMAGES).rename(folder / "train-images.idx3-ubyte")
    (folder / LABELS).unlink()
    (gz_folder / f"{LABELS}.gz").rename(folder / "train-labels.idx1-ubyte.gz")
    check_content(folder, arrays)


def test_gzip_in_several_members(gz_folder: Path, idx_files: dict[str, bytes]) -> None:
    data = idx_files[IMAGES]
    (gz_folder / f"{IMAGES}.gz").write_bytes(gzip.compress(data[:20]) + gzip.compress(data[20:]))
    assert load_dataset(str(gz_folder)).train_size == 5


def test_missing_files_are_listed(folder: Path, refused: Refused) -> None:
    (folder / IMAGES).unlink()
    (folder / "t10k-labels-idx1-ubyte").unlink()
    message = refused(folder)
    assert message.startswith(f"{folder}: no {IMAGES}, t10k-labels-idx1-ubyte (plain or .gz)")


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        (IMAGES, bytes(16), "magic number 0x00000000, expected 0x00000803 (images)"),
        (LABELS, bytes(8), "magic number 0x00000000, expected 0x00000801 (labels)"),
        (IMAGES, struct.pack(">II", 0x801, 5), "magic number 0x00000801, expected 0x00000803"),
        (IMAGES, b"", "ends after 0 bytes, inside its header of 16"),
        (LABELS, struct.pack(">I", 0x801), "ends after 4 bytes, inside its header of 8"),
        (
            IMAGES,
            struct.pack(">4I", 0x803, 5, 3, 2) + bytes(29),
            "header claims 5 x 3 x 2 = 30 bytes, more than a file of its size can hold",
        ),
        (
            IMAGES,
            struct.pack(">4I", 0x803, 5, 3, 2) + bytes(31),
            "header claims 5 x 3 x 2 = 30 bytes, but more follow",
        ),
        (
            IMAGES,
            struct.pack(">4I", 0x803, 0, 3, 2),
            "header claims 0 x 3 x 2 = 0 bytes, expected at least one sample",
        ),
        (
            IMAGES,
            struct.pack(">4I", 0x803, *[2**32 - 1] * 3) + bytes(9),
            f"header claims 4294967295 x 4294967295 x 4294967295 = {(2**32 - 1) ** 3} bytes, "
            "more than the 4294967296 a dataset may have left to use",
        ),
        (
            LABELS,
            struct.pack(">II", 0x801, 5) + bytes([0, 9, 10, 255, 0]),
            "label 10 at position 2, expected 0 to 9",
        ),
        (
            LABELS,
            struct.pack(">II", 0x801, 4) + bytes(4),
            "4 labels, but train-images-idx3-ubyte holds 5 images",
        ),
        (
            "t10k-images-idx3-ubyte",
            struct.pack(">4I", 0x803, 3, 2, 3) + bytes(18),
            "images of 2x3, but train-images-idx3-ubyte holds 3x2",
        ),
    ],
)
def test_each_fault_is_named(
    folder: Path, refused: Refused, name: str, data: bytes, fault: str
) -> None:
    (folder / name).write_bytes(data)
    assert refused(folder).startswith(f"{folder / name}: {fault}")


def test_gzip_faults_are_named(gz_folder: Path, refused: Refused) -> None:
    path = gz_folder / f"{IMAGES}.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert refused(gz_folder) == f"{path}: truncated: its compressed data breaks off"
    path.write_bytes(gzip.decompress(whole))
    assert refused(gz_folder).startswith(f"{path}: not valid gzip data (Not a gzipped file")
    path.write_bytes(whole[:-8] + bytes(4) + whole[-4:])
    assert refused(gz_folder).startswith(f"{path}: not valid gzip data (CRC check failed")
    path.write_bytes(gzip.compress(gzip.decompress(whole)[:-1]))
    assert refused(gz_folder).endswith("30 bytes, but only 29 follow")


def test_the_bound_is_shared_by_the_four_files(
    folder: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = 5 * 6 + 5 + 3 * 6 + 3
    monkeypatch.setattr(idx, "MAX_DATASET_BYTES", total)
    load_dataset(str(folder))
    monkeypatch.setattr(idx, "MAX_DATASET_BYTES", total - 1)
    assert "more than the 2 a dataset may have left" in refused(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX special files")
def test_special_files_are_refused_without_waiting(
    tmp_path: Path, folder: Path, refused: Refused
) -> None:
    (folder / IMAGES).unlink()
    os.mkfifo(folder / IMAGES)
    assert refused(folder) == f"{folder / IMAGES}: not a regular file"
    assert refused(folder / IMAGES).endswith("neither a folder nor a regular file")
    (folder / IMAGES).unlink()
    (folder / IMAGES).symlink_to("/dev/zero")
    assert refused(folder) == f"{folder / IMAGES}: not a regular file"
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    assert refused(folder) == f"{folder / IMAGES}: not a regular file"
    (folder / IMAGES).rmdir()
    (folder / IMAGES).symlink_to(tmp_path / "nowhere")
    assert refused(folder) == f"{folder / IMAGES}: No such file or directory"
