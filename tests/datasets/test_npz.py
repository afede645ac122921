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


def test_integers_of_16_bits_are_the_same_numbers(tmp_path: Path, arrays: Arrays) -> None:
    whole = {name: arrays[name].astype(np.int16) * -129 for name in ("x_train", "x_test")}
    np.savez(tmp_path / "i.npz", **arrays | whole)
    dataset = load_dataset(str(tmp_path / "i.npz"))
    assert dataset.x_train.dtype == np.float32
    assert dataset.x_train.tolist() == whole["x_train"].reshape(len(dataset.x_train), -1).tolist()
    assert dataset.scale == 1.0


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


LABELS: list[Any] = [
    lambda t: t.reshape(-1, 1),
    lambda t: t.astype(np.int16),
    lambda t: t.astype(np.float64),
    lambda t: t.astype(">f4").reshape(-1, 1),
]


@pytest.mark.parametrize("form", LABELS)
def test_other_forms_of_labels(tmp_path: Path, arrays: Arrays, form: Any) -> None:
    changed = {name: form(arrays[name]) for name in ("t_train", "t_test")}
    np.savez(tmp_path / "l.npz", **arrays | changed)
    dataset = load_dataset(str(tmp_path / "l.npz"))
    assert dataset.task == "classification"
    assert dataset.t_train.tolist() == arrays["t_train"].tolist()
    assert dataset.class_names == ("0", "1", "2")


@pytest.mark.parametrize("dtype", ["U", "S", ">U7"])
def test_labels_by_name(tmp_path: Path, arrays: Arrays, dtype: str) -> None:
    names = np.array(["dog", "a\x1bcat", "bird"]).astype(dtype)
    changed = {name: names[arrays[name]] for name in ("t_train", "t_test")}
    np.savez(tmp_path / "n.npz", **arrays | changed)
    dataset = load_dataset(str(tmp_path / "n.npz"))
    assert dataset.class_names == ("a\\x1bcat", "bird", "dog")
    order = np.array([2, 0, 1])
    assert dataset.t_train.tolist() == order[arrays["t_train"]].tolist()
    assert dataset.t_test.tolist() == order[arrays["t_test"]].tolist()


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ([0.5, 1, 2, 3, 4], [1, 2, 3]),
        ([-1.0, 1, 1, -1, 1], [1, -1, 1]),
        ([1.0, 2, 3, 4, 5], [1.5, 2, 3]),
        ([[0.0, 1], [1, 0], [0, 0], [1, 1], [0, 0]], [[0.0, 1], [1, 0], [0, 1]]),
    ],
)
def test_floats_that_are_no_labels_are_numbers_to_fit(
    tmp_path: Path, arrays: Arrays, train: list[Any], test: list[Any]
) -> None:
    changed = {"t_train": np.array(train), "t_test": np.array(test)}
    np.savez(tmp_path / "r.npz", **arrays | changed)
    dataset = load_dataset(str(tmp_path / "r.npz"))
    assert dataset.task == "regression"
    assert dataset.t_train.tolist() == np.array(train).reshape(5, -1).tolist()
    assert dataset.t_test.tolist() == np.array(test).reshape(3, -1).tolist()
    assert dataset.target_names == (("t",) if dataset.output_size == 1 else ("t0", "t1"))


def test_many_whole_floats_are_numbers_to_fit(tmp_path: Path, arrays: Arrays) -> None:
    path = tmp_path / "r.npz"
    x = np.zeros((30, 3, 2), np.uint8)
    for count, task in ((20, "classification"), (21, "regression")):
        t = np.arange(30.0) % count
        np.savez(path, **arrays | {"x_train": x, "t_train": t, "t_test": np.zeros(3)})
        assert load_dataset(str(path)).task == task


@pytest.mark.parametrize("axis", [1, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_with_channels(tmp_path: Path, arrays: Arrays, axis: int, channels: int) -> None:
    rng = np.random.default_rng(3)
    x = {
        f"x_{part}": rng.integers(0, 256, (count, channels, 5, 4), np.uint8)
        for part, count in (("train", 5), ("test", 3))
    }
    saved = {name: np.moveaxis(array, 1, axis) for name, array in x.items()}
    np.savez(tmp_path / "c.npz", **arrays | saved)
    dataset = load_dataset(str(tmp_path / "c.npz"))
    assert (dataset.image_shape, dataset.sample_shape) == ((5, 4), (channels, 5, 4))
    assert (dataset.x_train.reshape(5, channels, 5, 4) == x["x_train"]).all()
    assert (dataset.x_test.reshape(3, channels, 5, 4) == x["x_test"]).all()


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
        (
            {"x_train": np.zeros((5, 1, 1, 3, 2), np.uint8)},
            "x_train is 5-D, expected (N, D), (N, h",
        ),
        ({"x_train": np.uint8(3)}, "x_train is 0-D, expected (N, D), (N, height, width) or (N, ch"),
        (
            {"x_train": np.zeros((5, 1, 3, 2), np.uint8)},
            "x_test has samples of shape (3, 2), but x_train of (1, 3, 2)",
        ),
        (
            {name: np.zeros((count, 2, 3, 2)) for name, count in (("x_train", 5), ("x_test", 3))},
            "x_train has samples of shape (2, 3, 2), expected 1 or 3 channels first or last",
        ),
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
        ({"t_train": np.zeros(5, complex)}, "t_train has dtype '<c16', expected numbers"),
        ({"t_train": np.zeros((5, 2, 2), int)}, "t_train is 3-D, expected (N,) labels, (N, cl"),
        ({"t_train": np.array([0, 1, -2, 0, 0])}, "t_train[2] is label -2, expected 0 to 999 at"),
        ({"t_test": np.array([0, 1, 3])}, "t_test[2] is label 3, expected 0 to 2"),
        (
            {"t_train": np.array([0, 2**64 - 1, 0, 0, 0], np.uint64)},
            "t_train[1] is label 18446744073709551615, expected 0 to 999 at most",
        ),
        ({"t_train": np.ones((5, 2), int)}, "t_train[0] is not one-hot, expected a single 1"),
        ({"t_train": np.full((5, 2), np.nan)}, "t_train[0, 0] is nan, expected numbers finite"),
        ({"t_train": np.full(5, 1e300)}, "t_train[0, 0] is inf, expected numbers finite in float"),
        ({"t_train": np.full((5, 2), 0.5)}, "t_test is 3 x 1, expected 3 x 2"),
        ({"t_train": np.array(["a"] * 5)}, "t_test has dtype int64, but t_train <U1; expected te"),
        (
            {"t_train": np.array(list("abcab")), "t_test": np.array(["a", "d\x1b", "b"])},
            "t_test[1] is 'd\\x1b', which no training sample is",
        ),
        (
            {"t_train": np.array([["a", "b"]] * 5), "t_test": np.array(list("aba"))},
            "t_train is 2-D text, expected (N,) names",
        ),
        (
            {
                "t_train": np.array([2**31] + [97] * 4, "u4").view("U1"),
                "t_test": np.array(["a"] * 3),
            },
            "t_train is damaged: it holds what is no character",
        ),
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
