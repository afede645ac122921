"""The built-in digits: UCI's 8x8 handwritten digits (Alpaydin and Kaynak), small enough to read."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.files import faults_of, file_error, open_regular
from tui_backprop.printable import printable

FILE = Path(__file__).parent / "digits.csv.gz"

SIDE = 8
MAX_PIXEL = 16
CLASS_COUNT = 10
TRAIN_SIZE = 1437
SPLIT_SEED = 0
MAX_UNPACKED_BYTES = 2**20


def load_digits() -> Dataset:
    """Return the 1,797 digits, split at random (always the same way) into 1,437 + 360.

    The split is not stratified: a class has its share of each part only about.

    Raises:
        DatasetError: the installed file is damaged or missing.
    """
    table = read_digits(FILE)
    if len(table) <= TRAIN_SIZE:
        raise file_error(FILE, f"{len(table)} samples, expected more than {TRAIN_SIZE}")
    # RandomState, because NumPy promises its stream for ever: the split, and so a resumed run,
    # must not depend on the NumPy version.
    order = np.random.RandomState(SPLIT_SEED).permutation(len(table))
    train, test = table[order[:TRAIN_SIZE]], table[order[TRAIN_SIZE:]]
    return Dataset(
        name="digits",
        x_train=train[:, :-1],
        t_train=train[:, -1].astype(np.intp),
        x_test=test[:, :-1],
        t_test=test[:, -1].astype(np.intp),
        scale=float(MAX_PIXEL),
        image_shape=(SIDE, SIDE),
        class_names=tuple(str(label) for label in range(CLASS_COUNT)),
    )


def read_digits(path: Path) -> NDArray[np.uint8]:
    """Return the table (N, 65) in a gzipped csv file: 64 pixels of 0 to 16, then the label.

    Raises:
        DatasetError: the file cannot be read, or a line is not such a row.
    """
    with faults_of(path), open_regular(path) as file, gzip.GzipFile(fileobj=file) as unpacked:
        text = unpacked.read(MAX_UNPACKED_BYTES + 1)
    if len(text) > MAX_UNPACKED_BYTES:
        raise file_error(path, f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    rows = [_row(line, number, path) for number, line in enumerate(text.splitlines(), 1)]
    if not rows:
        raise file_error(path, "holds no samples")
    return np.array(rows, np.uint8)


def _row(line: bytes, number: int, path: Path) -> list[int]:
    fields = line.split(b",")
    if len(fields) != SIDE * SIDE + 1:
        raise file_error(
            path, f"line {number} has {len(fields)} fields, expected {SIDE * SIDE + 1}"
        )
    try:
        values = [int(field) for field in fields]
    except ValueError as error:
        raise file_error(path, f"line {number}: {printable(error, 80)}") from error
    if min(values) < 0 or max(values[:-1]) > MAX_PIXEL or values[-1] >= CLASS_COUNT:
        raise file_error(
            path,
            f"line {number} has a value out of range, expected pixels of 0 to {MAX_PIXEL} "
            f"and a label of 0 to {CLASS_COUNT - 1}",
        )
    return values
