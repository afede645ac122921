"""`.npz` files: what loads, and how each fault is named."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.datasets.conftest import Arrays, Refused
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets import npz as npz_module


def test_pictures_of_bytes(npz: Path, arrays: Arrays) -> None:
    dataset = load_dataset(str(npz))
    assert (dataset.x_train == arrays["x_train"].reshape(5, 6)).all()
    assert dataset.x_train.dtype == np.uint8
    assert dataset.t_test.tolist() == [2, 0, 1]
    assert (dataset.scale, dataset.image_shape, dataset.class_count) == (255.0, (3, 2), 3)


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4", ">f8"])
def test_floats_become_float32_unscaled(tmp_path: Path, arrays: Arrays, dtype: str) -> None:
    x = {name: (arrays[name] / 8).astype(dtype) for name in ("x_train", "x_test")}
    np.savez_compressed(tmp_path / "f.npz", **arrays | x)
    dataset = load_dataset(str(tmp_path / "f.npz"))
    assert dataset.x_train.dtype == np.float32
    assert dataset.scale == 1.0
    assert (dataset.x_train == x["x_train"].astype(np.float32).reshape(5, 6)).all()


def test_flat_samples_are_no_picture(tmp_path: Path, arrays: Arrays) -> None:
    flat = {name: arrays[name].reshape(-1, 6) for name in ("x_train", "x_test")}
    np.savez(tmp_path / "f.npz", **arrays | flat, unrelated=np.array([None], object))
    assert load_dataset(str(tmp_path / "f.npz")).image_shape is None


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64, np.bool_])
def test_one_hot_labels(tmp_path: Path, arrays: Arrays, dtype: Any) -> None:
    one_hot = {name: np.eye(4)[arrays[name]].astype(dtype) for name in ("t_train", "t_test")}
    np.savez(tmp_path / "o.npz", **arrays | one_hot)
    dataset = load_dataset(str(tmp_path / "o.npz"))
    assert dataset.t_train.tolist() == arrays["t_train"].tolist()
    assert dataset.class_count == 4


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_numpy_saves_is_what_loads(tmp_path: Path, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(["|u1", "<f4", ">f8"]))
    elements = st.integers(0, 255) if dtype == "|u1" else st.floats(-4, 4, width=32)
    sample = data.draw(hnp.array_shapes(min_dims=1, max_dims=2, max_side=5))
    saved: Arrays = {}
    for part in ("train", "test"):
        count = data.draw(st.integers(1, 6))
        x = data.draw(hnp.arrays(dtype, (count, *sample), elements=elements))
        saved[f"x_{part}"] = np.asfortranarray(x) if data.draw(st.booleans()) else x
        # Labels beyond those of the training samples are refused.
        labels = np.arange(count) % (2 if part == "train" else 1)
        saved[f"t_{part}"] = labels.astype(data.draw(hnp.integer_dtypes()))
    save = data.draw(st.sampled_from([np.savez, np.savez_compressed]))
    save(tmp_path / "h.npz", **saved)
    dataset = load_dataset(str(tmp_path / "h.npz"))
    for part in ("train", "test"):
        x, t = getattr(dataset, f"x_{part}"), getattr(dataset, f"t_{part}")
        assert (x == saved[f"x_{part}"].reshape(len(t), -1)).all()
        assert (t == saved[f"t_{part}"]).all()


INFINITE = np.ones((5, 3, 2))
INFINITE[4, 0, 1] = 1e300


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"x_train": np.zeros((5, 6), np.int64)}, "x_train has dtype int64, expected uint8 or a"),
        ({"x_train": np.zeros((5, 6), bool)}, "x_train has dtype bool, expected uint8 or a float"),
        ({"x_train": np.zeros((5, 6), complex)}, "x_train has dtype '<c16', expected numbers"),
        ({"x_train": np.zeros((5, 6), "U3")}, "x_train has dtype '<U3', expected numbers"),
        ({"x_train": np.zeros((5, 6), "f4,f4")}, "x_train has an unreadable header, expected"),
        ({"x_train": np.zeros((5, 1, 3, 2), np.uint8)}, "x_train is 4-D, expected (N, D) or"),
        ({"x_train": np.uint8(3)}, "x_train is 0-D, expected (N, D) or (N, height, width)"),
        (
            {"x_train": np.zeros((0, 6), np.uint8)},
            "x_train has the shape (0, 6), expected at least",
        ),
        (
            {"x_train": np.zeros((5, 0), np.uint8)},
            "x_train has the shape (5, 0), expected at least",
        ),
        ({"x_train": np.zeros((4, 3, 2), np.uint8)}, "t_train holds 5 labels for 4 samples"),
        ({"x_test": np.zeros((3, 2, 3), np.uint8)}, "x_test has samples of shape (2, 3), but x_tr"),
        ({"x_test": np.zeros((3, 3, 2))}, "x_test is float32, but x_train is uint8"),
        ({"x_train": INFINITE, "x_test": np.ones((3, 3, 2))}, "x_train[4, 1] is inf, expected"),
        ({"t_train": np.zeros(5)}, "t_train has dtype float64, expected integer labels"),
        ({"t_train": np.zeros((5, 2, 2), int)}, "t_train is 3-D, expected (N,) labels or"),
        ({"t_train": np.array([0, 1, -2, 0, 0])}, "t_train[2] is label -2, expected 0 to 999 at"),
        ({"t_test": np.array([0, 1, 3])}, "t_test[2] is label 3, expected 0 to 2"),
        (
            {"t_train": np.array([0, 2**64 - 1, 0, 0, 0], np.uint64)},
            "t_train[1] is label 18446744073709551615, expected 0 to 999 at most",
        ),
        ({"t_train": np.ones((5, 2), int)}, "t_train[0] is not one-hot, expected a single 1"),
        ({"t_train": np.full((5, 2), np.nan)}, "t_train[0] is not one-hot, expected a single 1"),
        ({"t_train": np.eye(5, 1001)}, "1001 classes, expected 1 to 1000"),
        (
            {"t_train": np.eye(5), "t_test": np.eye(3)},
            "t_test is one-hot over 3 classes, but t_train over 5",
        ),
    ],
)
def test_each_fault_is_named(
    tmp_path: Path, arrays: Arrays, refused: Refused, changed: Arrays, fault: str
) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays | changed)
    assert refused(path).startswith(f"{path}: {fault}")


def test_missing_arrays_are_listed(tmp_path: Path, arrays: Arrays, refused: Refused) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, x_train=arrays["x_train"], t_test=arrays["t_test"], labels=arrays["t_train"])
    expected = f"{path}: no array t_train, x_test; expected x_train, t_train, x_test, t_test"
    assert refused(path) == expected


class Bomb:
    """Unpickling it would fail the test."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("unpickled",)


def test_nothing_is_unpickled(tmp_path: Path, arrays: Arrays, refused: Refused) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays | {"t_train": np.array([Bomb()] * 5, object)})
    assert refused(path).startswith(
        f"{path}: t_train has dtype object, which would have to be unpickled"
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name in arrays:
            archive.writestr(f"{name}.npy", pickle.dumps(Bomb()))
    assert refused(path) == f"{path}: x_train is not an array in the npy format"
    path.write_bytes(pickle.dumps(Bomb()))
    assert refused(path).startswith(f"{path}: damaged, or not an .npz file (File is not a zip")


def members(arrays: Arrays, **changed: bytes) -> dict[str, bytes]:
    """Return the npy files of an archive by name, some replaced."""
    result = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        result[name] = changed.get(name, buffer.getvalue())
    return result


def write(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.npy", data)


def npy(shape: str, descr: str = "|u1", version: int = 1) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (npy("(5, 6)") + bytes(29), "x_train claims the shape (5, 6) of uint8 = "),
        (npy("(5, 6)") + bytes(31), "x_train claims the shape (5, 6) of uint8 = "),
        (npy("(1099511627776, 1024)"), "x_train claims the shape (1099511627776, 1024) of uint8"),
        (npy("(-5, 6)"), "x_train has an unreadable header"),
        (npy("(5, , 6)"), "x_train has the shape (5, , 6), expected whole numbers"),
        (npy("(5, 6)", "|O"), "x_train has dtype object"),
        (npy("(5, 6)", version=9), "x_train is in version 9 of the npy format, expected 1 to 3"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "x_train has a header of 65535 bytes, expected at most"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "x_train has a header of 4294967295 bytes"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr'", "x_train has an unreadable header"),
        (b"\x93NUM", "x_train is not an array in the npy format"),
        (b"", "x_train is not an array in the npy format"),
    ],
)
def test_forged_headers_are_refused(
    tmp_path: Path, arrays: Arrays, refused: Refused, data: bytes, fault: str
) -> None:
    path = tmp_path / "bad.npz"
    write(path, members(arrays, x_train=data))
    assert refused(path).startswith(f"{path}: {fault}")


def test_later_npy_versions_load(tmp_path: Path, arrays: Arrays) -> None:
    path = tmp_path / "v.npz"
    data = npy("(5, 3, 2)", version=3) + arrays["x_train"].tobytes()
    write(path, members(arrays, x_train=data))
    assert (load_dataset(str(path)).x_train == arrays["x_train"].reshape(5, 6)).all()


def test_foreign_compression_and_encryption_are_refused(
    npz: Path, tmp_path: Path, arrays: Arrays, refused: Refused
) -> None:
    path = tmp_path / "bad.npz"
    write(path, members(arrays), zipfile.ZIP_LZMA)
    assert refused(path) == f"{path}: x_train is compressed by method 14, expected deflate"
    data = npz.read_bytes().replace(
        b"PK\x01\x02\x2d\x03\x2d\x00\x00", b"PK\x01\x02\x2d\x03\x2d\x00\x01"
    )
    path.write_bytes(data)
    assert "password required" in refused(path)


def test_a_directory_that_points_outside_is_damage(
    npz: Path, tmp_path: Path, refused: Refused
) -> None:
    data = bytearray(npz.read_bytes())
    end = data.rindex(b"PK\5\6")
    data[end + 16 : end + 20] = b"\xf0\xff\xff\x7f"
    path = tmp_path / "bad.npz"
    path.write_bytes(data)
    assert refused(path) == f"{path}: damaged zip directory"


def test_the_bound_is_on_the_whole_dataset(
    tmp_path: Path, arrays: Arrays, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.npz"
    files = members(arrays)
    write(path, files)
    total = sum(map(len, files.values()))
    monkeypatch.setattr(npz_module, "MAX_DATASET_BYTES", total)
    load_dataset(str(path))
    monkeypatch.setattr(npz_module, "MAX_DATASET_BYTES", total - 1)
    assert refused(path) == f"{path}: claims {total} bytes unpacked, more than {total - 1}"
