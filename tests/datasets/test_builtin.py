"""The built-in datasets: what is in them, and that it is always the same."""

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tui_backprop.datasets import BUILTIN, DatasetError, load_dataset
from tui_backprop.datasets import digits as digits_module
from tui_backprop.datasets import mnist as mnist_module
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.digits import load_digits, read_digits


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset("mnist")


def test_importing_the_package_imports_no_numpy() -> None:
    code = "import sys, tui_backprop.datasets as d; assert d.BUILTIN; print('numpy' in sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "False"


@pytest.mark.parametrize("name", BUILTIN)
def test_builtins_are_read_only_contiguous_and_repeatable(name: str) -> None:
    one, two = load_dataset(name), load_dataset(name)
    assert (one.name, one.task) == (name, BUILTIN[name].task)
    assert BUILTIN[name].help
    for field in ("x_train", "t_train", "x_test", "t_test"):
        array = getattr(one, field)
        assert array.flags.c_contiguous
        assert not array.flags.writeable
        assert array.tobytes() == getattr(two, field).tobytes()
    if one.task == "classification":
        assert set(one.t_train) == set(one.t_test) == set(range(one.class_count))


def test_mnist_is_all_of_mnist_in_bytes(mnist: Dataset) -> None:
    assert (mnist.train_size, mnist.test_size) == (60_000, 10_000)
    assert (mnist.input_size, mnist.class_count) == (784, 10)
    assert mnist.x_train.dtype == np.uint8
    assert (mnist.x_train.min(), mnist.x_train.max()) == (0, 255)
    assert (mnist.scale, mnist.image_shape) == (255.0, (28, 28))
    assert mnist.class_names == tuple("0123456789")
    # The frequencies and first labels that the literature gives.
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.t_train).tolist() == counts
    assert np.bincount(mnist.t_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert mnist.t_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.t_test[:5].tolist() == [7, 2, 1, 0, 4]


def test_a_changed_mnist_file_is_noticed(
    folder: Path, idx_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = {
        name: hashlib.md5(data, usedforsecurity=False).hexdigest()
        for name, data in idx_files.items()
    }
    monkeypatch.setattr(mnist_module, "FOLDER", folder)
    monkeypatch.setattr(mnist_module, "UNPACKED_MD5", right)
    load_dataset("mnist")
    wrong = right | {"t10k-labels-idx1-ubyte": "0" * 32}
    monkeypatch.setattr(mnist_module, "UNPACKED_MD5", wrong)
    with pytest.raises(DatasetError, match=f"t10k-labels-idx1-ubyte: MD5 .* expected {'0' * 32}"):
        load_dataset("mnist")


def test_digits_are_split_without_loss() -> None:
    digits = load_dataset("digits")
    assert (digits.train_size, digits.test_size) == (1437, 360)
    assert (digits.input_size, digits.class_count) == (64, 10)
    assert digits.x_train.dtype == np.uint8
    assert (digits.x_train.min(), digits.x_train.max()) == (0, 16)
    assert (digits.scale, digits.image_shape) == (16.0, (8, 8))
    rows = np.concatenate(
        [
            np.column_stack([digits.x_train, digits.t_train]),
            np.column_stack([digits.x_test, digits.t_test]),
        ]
    )
    table = read_digits(digits_module.FILE)
    assert sorted(map(bytes, rows.astype(np.uint8))) == sorted(map(bytes, table))


def test_the_split_of_digits_never_moves() -> None:
    """A resumed run relies on it, whatever NumPy's version."""
    digits = load_dataset("digits")
    assert hashlib.sha256(digits.x_test.tobytes()).hexdigest()[:16] == "3e513a101193c051"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"1,2,3", "line 2 has 3 fields, expected 65"),
        (b"0," * 64 + b"ten", "line 2: invalid literal for int"),
        (b"17," + b"0," * 63 + b"1", "line 2 has a value out of range"),
        (b"0," * 64 + b"10", "line 2 has a value out of range"),
        (b"-1," + b"0," * 63 + b"1", "line 2 has a value out of range"),
        (b"9" * 5000 + b"," + b"0," * 63 + b"1", "line 2: Exceeds the limit"),
    ],
)
def test_a_wrong_line_of_digits_is_named(tmp_path: Path, line: bytes, fault: str) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress(b"0," * 64 + b"1\n" + line + b"\n"))
    with pytest.raises(DatasetError, match=fault) as caught:
        read_digits(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_too_few_or_too_many_digits_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "digits.csv.gz"
    monkeypatch.setattr(digits_module, "FILE", path)
    path.write_bytes(gzip.compress(b"0," * 64 + b"1\n"))
    with pytest.raises(DatasetError, match="1 samples, expected more than 1437"):
        load_digits()
    path.write_bytes(gzip.compress(b"0" * 2_000_000))
    with pytest.raises(DatasetError, match="unpacks to more than 1048576 bytes"):
        load_digits()
