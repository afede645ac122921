"""CSV files: a table whose rows are samples, one column of it the target, the others numbers.

How rows and values are separated, see `datasets.csv_rows`.

- Header: the first row, where none of its values is a number, or a name stands above a number. A
  first column that has no name there is an index, as pandas and R write it, and left out. Without
  a header, columns have numbers from 1. The first row of scikit-learn's own files is understood
  too: how many rows and features follow, and the names of the classes 0, 1, ...
- Target: the column of that name or number, or the only one of another file with as many rows; the
  last one where none is given. It holds classes where it is text, or at most 20 different whole
  numbers, each found twice on average; they are put in the order of their names or numbers. All
  other numbers are a regression.
- A fifth of the rows, drawn at random and always the same, is the test set.
- Every column of numbers, and the target of a regression, is standardized: brought to mean 0 and
  standard deviation 1 over the training rows.
- What is missing, or text where a number belongs, is refused with the number of its row.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui_backprop.datasets.csv_columns import MAX_NAME_LENGTH, Columns, read_columns
from tui_backprop.datasets.csv_rows import MAX_NUMBER, Row, number, row_error
from tui_backprop.datasets.dataset import MAX_CLASSES, Dataset, Labels, Values
from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import file_error
from tui_backprop.printable import printable

MAX_WHOLE_CLASSES = 20
TEST_SHARE = 5
"""One of so many rows is for testing."""
SPLIT_SEED = 0
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})


@dataclass
class Table:
    """What was read, row after row.

    Attributes:
        features: the numbers of all feature columns.
        values: the target as a number, NaN where it is none.
        texts: each different text of the target, and its place among them; after MAX_CLASSES + 1
            no more are told apart.
        places: which of them each row has, -1 where it is not told.
        first_text: the first target that is no number, and its row.
    """

    features: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    texts: dict[str, int] = field(default_factory=dict)
    places: "array[int]" = field(default_factory=lambda: array("q"))
    first_text: tuple[int, str] | None = None


def load_csv(path: Path, name: str, target: str = "") -> Dataset:
    """Return the dataset in the CSV file at `path`.

    Args:
        path: the file.
        name: the dataset's name.
        target: name or number of the column that is to be learned, or the path of another CSV
            file that holds it alone; empty: the last one.

    Raises:
        DatasetError: no such column, a bad row, too few rows.
    """
    columns, rows = read_columns(path, target)
    table = _read(path, columns, rows)
    count = len(table.values)
    if count < 2:
        raise file_error(path, f"{count} row of data, expected at least 2")
    if columns.announced_rows not in (None, count):
        raise file_error(
            path, f"row 1 tells of {columns.announced_rows} rows of data, but {count} follow"
        )
    # RandomState, because NumPy promises its stream for ever: the same rows in any version.
    order = np.random.RandomState(SPLIT_SEED).permutation(count)
    test, train = np.split(order, [max(1, count // TEST_SHARE)])
    x = _standardized(np.frombuffer(table.features).reshape(count, -1), train)
    labels, class_names = _labels(path, columns, table)
    values = np.frombuffer(table.values).reshape(-1, 1)
    t = labels if class_names else _standardized(values, train)
    return Dataset(
        name=name,
        x_train=x[train],
        t_train=t[train],
        x_test=x[test],
        t_test=t[test],
        class_names=class_names,
        task="classification" if class_names else "regression",
        target_names=() if class_names else (f"{columns.names[columns.target]} (standardized)",),
        feature_names=tuple(columns.names[i] for i in columns.features) if columns.named else (),
    )


def _read(path: Path, columns: Columns, rows: Iterator[Row]) -> Table:
    table = Table()
    width = len(columns.names)
    for row in rows:
        if len(row.values) != width:
            raise row_error(path, row.number, f"{len(row.values)} values, expected {width}")
        text = row.values[columns.target].strip()
        value = number(text)
        if value is None:
            if text.lower() in MISSING:
                raise _missing(path, row, columns, columns.target)
            table.first_text = table.first_text or (row.number, text)
        table.features.extend(_features(path, columns, row))
        table.values.append(nan if value is None else value)
        if text not in table.texts and len(table.texts) <= MAX_CLASSES:
            table.texts[text] = len(table.texts)
        table.places.append(table.texts.get(text, -1))
    return table


def _features(path: Path, columns: Columns, row: Row) -> list[float]:
    """Return the numbers of a row."""
    texts = [row.values[i] for i in columns.features]
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        pass
    else:
        # NaN passes every comparison but that of the sum, and sums are quick.
        if isfinite(sum(numbers)) and min(numbers) >= -MAX_NUMBER and max(numbers) <= MAX_NUMBER:
            return numbers
    return [_feature(path, columns, row, i) for i in columns.features]


def _feature(path: Path, columns: Columns, row: Row, column: int) -> float:
    text = row.values[column].strip()
    value = number(text)
    if value is not None:
        return value
    if text.lower() in MISSING:
        raise _missing(path, row, columns, column)
    raise _no_number(path, row.number, columns, column, text)


def _labels(path: Path, columns: Columns, table: Table) -> tuple[Labels, tuple[str, ...]]:
    """Return the label of each row and the names of the classes; none for a regression."""
    values = np.frombuffer(table.values)
    numbers = np.unique(values[np.isfinite(values)])
    if columns.classes:
        if table.first_text is not None:
            row, text = table.first_text
            raise _no_number(path, row, columns, columns.target, text)
        stray = np.setdiff1d(numbers, np.arange(len(columns.classes)))
        if stray.size:
            raise file_error(
                path,
                f"row 1 names the classes 0 to {len(columns.classes) - 1}, but a label "
                f"is {stray[0]:g}",
            )
        return values.astype(np.intp), columns.classes
    if table.first_text is None:
        whole = bool((numbers == np.floor(numbers)).all())
        if not whole or len(numbers) > min(MAX_WHOLE_CLASSES, len(values) // 2):
            return np.empty(0, np.intp), ()
        return np.searchsorted(numbers, values), tuple(str(int(value)) for value in numbers)
    if len(numbers) > MAX_WHOLE_CLASSES:
        row, text = table.first_text
        raise _no_number(path, row, columns, columns.target, text)
    if len(table.texts) > MAX_CLASSES:
        name = columns.names[columns.target]
        raise file_error(path, f"'{name}' names over {MAX_CLASSES} classes; is it the target?")
    names = sorted(table.texts)
    order = np.argsort([table.texts[name] for name in names])
    shown = tuple(printable(name, MAX_NAME_LENGTH) for name in names)
    return order[np.frombuffer(table.places, np.int64)], shown


def _standardized(numbers: NDArray[np.float64], train: Labels) -> Values:
    """Return columns of mean 0 and standard deviation 1 over the rows `train`; constants give 0."""
    scaled = np.empty(numbers.shape, np.float32)
    for column, result in zip(numbers.T, scaled.T, strict=True):
        seen = column[train]
        deviation = float(seen.std()) if seen.min() < seen.max() else 0.0
        with np.errstate(over="ignore"):
            # What overflows is reported by Dataset, which wants finite numbers.
            result[:] = (column - seen.mean()) / (deviation or 1.0)
    return scaled


def _missing(path: Path, row: Row, columns: Columns, column: int) -> DatasetError:
    return row_error(path, row.number, f"no value for '{columns.names[column]}'")


def _no_number(path: Path, row: int, columns: Columns, column: int, text: str) -> DatasetError:
    shown = printable(text, MAX_NAME_LENGTH)
    return row_error(path, row, f"'{columns.names[column]}' is '{shown}', expected a number")
