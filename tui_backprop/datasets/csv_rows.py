"""The rows of a CSV file: text in UTF-8, plain or gzipped, whatever separates them.

Values stand between tabs, semicolons, commas or spaces: those that leave most numbers in the second
row, the first of this list where several do. Between anything but commas, 1,5 becomes 1.5.
Quotes are as in RFC 4180, though no line break stands within them, so that a row's number is that
of its line. Empty lines are passed over.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from itertools import chain, count, islice
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import faults_of, file_error, open_regular
from tui_backprop.printable import printable

MAX_TABLE_CHARACTERS = 2**28
"""Longest table that is read: MNIST has 2**27 as a CSV file. Its numbers take four times that."""

MAX_ROW_CHARACTERS = 2**20

MAX_NUMBER = float(np.finfo(np.float32).max)

_SEPARATORS = "\t;, "
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?\s*")


class Row(NamedTuple):
    """The values of a row as text, and its number: of the line in the file, from 1."""

    number: int
    values: list[str]


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of the file at `path`, gzipped if its name ends in .gz.

    Raises:
        DatasetError: not readable, no UTF-8 text, too long, or quotes that do not close.
    """
    lines = _lines(path)
    head = list(islice(lines, 2))
    separator = _separator(head[-1][1]) if head else ","
    for place, line in chain(head, lines):
        try:
            values = _split(line, separator)
        except csv.Error as error:
            raise row_error(path, place, printable(error)) from error
        yield Row(place, values)


def number(text: str) -> float | None:
    """Return the number that `text` is, None if it is none that is finite in float32."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) <= MAX_NUMBER else None


def row_error(path: Path, number: int, fault: str) -> DatasetError:
    """Return the error "PATH: row NUMBER FAULT"."""
    return file_error(path, f"row {number}: {fault}")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is not empty."""
    total = 0
    with faults_of(path), open_regular(path) as file:
        unpacked = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
        with io.TextIOWrapper(unpacked, encoding="utf-8-sig") as text:
            for number in count(1):
                try:
                    line = text.readline(MAX_ROW_CHARACTERS + 1)
                except UnicodeDecodeError as error:
                    raise file_error(
                        path, f"not UTF-8 text: it holds the byte 0x{error.object[error.start]:02x}"
                    ) from error
                total += len(line)
                if len(line) > MAX_ROW_CHARACTERS:
                    raise row_error(path, number, f"over {MAX_ROW_CHARACTERS} characters long")
                if total > MAX_TABLE_CHARACTERS:
                    raise file_error(path, f"over {MAX_TABLE_CHARACTERS} characters long")
                if not line:
                    return
                if line.strip():
                    yield number, line.strip(" \n")


def _separator(line: str) -> str:
    def numbers(separator: str) -> tuple[int, bool]:
        try:
            values = _split(line, separator)
        except csv.Error:
            return 0, False
        return sum(number(value) is not None for value in values), separator in line

    return max(_SEPARATORS, key=numbers)


def _split(line: str, separator: str) -> list[str]:
    values = next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
    if separator != "," and "," in line:
        return [_with_point(value) for value in values]
    return values


def _with_point(value: str) -> str:
    return value.replace(",", ".") if _DECIMAL_COMMA.fullmatch(value) else value
