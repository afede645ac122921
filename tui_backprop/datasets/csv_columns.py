"""Which column of a CSV file is what: their names, the features among them and the target."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path

from tui_backprop.datasets.csv_rows import Row, number, read_rows, row_error
from tui_backprop.datasets.files import file_error
from tui_backprop.printable import printable
from tui_backprop.user_path import expanded

CSV_SUFFIXES = (".csv", ".tsv", ".txt", ".data")
"""How the name of a CSV file ends, .gz after it or not."""

MAX_NAME_LENGTH = 60


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    Attributes:
        names: of each column, printable; "column 1" and so on where the file names none.
        named: whether the file names them.
        features: indices of the columns that the net is shown.
        target: index of the column that is to be learned.
        classes: the names of the classes 0, 1, ..., where the first row gives them.
        announced_rows: how many rows of data there must be, where the first row says so.
    """

    names: tuple[str, ...]
    named: bool
    features: tuple[int, ...]
    target: int
    classes: tuple[str, ...] = ()
    announced_rows: int | None = None


def read_columns(path: Path, target: str) -> tuple[Columns, Iterator[Row]]:
    """Return the columns of the file at `path`, and its rows of data.

    Args:
        path: the file.
        target: name or number of the column that is to be learned, or the path of another CSV
            file that holds it alone; empty: the last one.

    Raises:
        DatasetError: not two rows, no such column, or no other one.
    """
    rows = read_rows(path)
    if is_csv(Path(target)):
        rows = _with_column(rows, path, expanded(Path(target)))
        target = ""
    head = list(islice(rows, 2))
    if len(head) < 2:
        raise file_error(path, f"{len(head)} rows, expected at least 2 samples")
    first, second = head
    width = len(second.values)
    classes: tuple[str, ...] = ()
    announced_rows = None
    header: list[str] = []
    if _is_announcement(first, width):
        announced_rows = int(first.values[0])
        classes = tuple(map(_shown, first.values[2:]))
    elif len(first.values) != width:
        raise row_error(
            path,
            second.number,
            f"{width} values, expected {len(first.values)} as in row {first.number}",
        )
    elif _is_header(first, second):
        header = [_shown(name) for name in first.values]
    data = chain(head[1:] if header or classes else head, rows)
    numbered = [f"column {place}" for place in range(1, width + 1)]
    names = tuple(name or place for name, place in zip(header or numbered, numbered, strict=True))
    index = _target(path, names, target)
    first_feature = 1 if header and not header[0] else 0
    features = tuple(i for i in range(first_feature, width) if i != index)
    if not features:
        raise file_error(
            path,
            "no column beside the target; values stand between commas, semicolons, tabs or spaces",
        )
    return Columns(names, bool(header), features, index, classes, announced_rows), data


def is_csv(path: Path) -> bool:
    """Return whether a file of this name is read as CSV."""
    return path.name.lower().removesuffix(".gz").endswith(CSV_SUFFIXES)


def _with_column(rows: Iterator[Row], path: Path, other: Path) -> Iterator[Row]:
    """Yield `rows` of the file at `path`, each with the single value of that row of another."""
    for row, target in zip_longest(rows, read_rows(other)):
        if row is None or target is None:
            raise file_error(other, f"not as many rows as in {printable(path)}")
        if len(target.values) != 1:
            raise row_error(other, target.number, f"{len(target.values)} values, expected 1")
        yield Row(row.number, [*row.values, target.values[0]])


def _is_announcement(first: Row, width: int) -> bool:
    """Return whether a row is like "150,4,setosa,versicolor,virginica" above rows of 5 values."""
    rows, features, *classes = *first.values, "", ""
    return (
        rows.isdecimal()
        and len(rows) < 10
        and features == str(width - 1)
        and any(classes)
        and all(number(name) is None for name in first.values[2:])
    )


def _is_header(first: Row, second: Row) -> bool:
    texts = [number(value) is None for value in first.values]
    below = [number(value) is None for value in second.values]
    return all(texts) or any(text and not other for text, other in zip(texts, below, strict=False))


def _target(path: Path, names: tuple[str, ...], target: str) -> int:
    """Return the index of the column that is meant."""
    if not target:
        return len(names) - 1
    wanted = _shown(target)
    found = [i for i, name in enumerate(names) if name == wanted]
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise file_error(path, f"{len(found)} columns are named '{wanted}'; name one by its number")
    if target.isdecimal() and len(target) < 10 and 1 <= int(target) <= len(names):
        return int(target) - 1
    raise file_error(path, f"no column '{wanted}'; there are {printable(', '.join(names))}")


def _shown(name: str) -> str:
    return printable(name.strip(), MAX_NAME_LENGTH)
