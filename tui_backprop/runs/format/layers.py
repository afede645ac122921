"""`layers.jsonl`: the rows of the gradient table, one JSON object a line. See README.md here."""

import json
import os
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError, stored_number
from tui_backprop.settings.catalogue import LAYERS
from tui_backprop.training.snapshot import (
    ActivationStatistics,
    LayerStatistics,
    ParameterStatistics,
    Verdict,
)

MAX_ROWS = 1000
MAX_TREND = 1024
MAX_UNITS = 2**40
MAX_LINE_BYTES = 2**20

_VERDICTS = {*Verdict, *(word for entry in LAYERS for word, _ in entry.words)}
_ENCODER = json.JSONEncoder(allow_nan=False)


@dataclass(frozen=True)
class StoredRows:
    """The rows as they were after so many iterations."""

    iteration: int
    rows: tuple[LayerStatistics, ...]


def layers_line(iteration: int, rows: tuple[LayerStatistics, ...]) -> bytes:
    """Return the line that stores the rows."""
    values = {"iteration": iteration, "layers": stored_rows(rows)}
    return _ENCODER.encode(values).encode() + b"\n"


def read_newest_rows(path: Path) -> StoredRows:
    """Return what the last line of the file at `path` tells that can be read.

    Raises:
        StateError: none can.
        RunError: what is there is no file of the user's own.
        OSError: as `open` does.
    """
    with open_stored(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_LINE_BYTES))
        lines = (file.read(MAX_LINE_BYTES) or b"").splitlines()
    fault = "has no line that can be read"
    # The last line may be half-written; the first is cut where the file is longer than was read.
    for line in reversed(lines):
        try:
            values = PlainValues(json.loads(line))
            return StoredRows(values.integer("iteration", 0, MOST), read_rows(values, "layers"))
        except StateError as error:
            fault = str(error)
        except (ValueError, RecursionError):
            continue
    raise StateError(fault)


def stored_rows(rows: tuple[LayerStatistics, ...]) -> list[dict[str, Any]]:
    """Return the rows as values that JSON can hold."""
    return [
        _stored_parameter(row) if isinstance(row, ParameterStatistics) else _stored_activation(row)
        for row in rows
    ]


def _stored_parameter(row: ParameterStatistics) -> dict[str, Any]:
    return {
        "layer": row.layer,
        "parameter": row.name,
        "shape": list(row.shape),
        "norm": stored_number(row.norm),
        "gradient_norm": _stored(row.gradient_norm),
        "gradient_rms": _stored(row.gradient_rms),
        "update_ratio": _stored(row.update_ratio),
        "verdict": row.verdict,
        "trend": [stored_number(value) for value in row.trend],
    }


def _stored_activation(row: ActivationStatistics) -> dict[str, Any]:
    return {
        "layer": row.layer,
        "units": row.units,
        "measure": row.measure,
        "share": row.share,
        "verdict": row.verdict,
    }


def read_rows(values: PlainValues, name: str) -> tuple[LayerStatistics, ...]:
    """Return the rows that were stored under `name`; none where there are none.

    Raises:
        StateError: a value is of another type or out of bounds.
    """
    return tuple(_read_row(row) for row in values.tables(name, MAX_ROWS))


def _read_row(row: PlainValues) -> LayerStatistics:
    layer = printable(row.text("layer", 100, default=""))
    # A word that means nothing here says nothing.
    verdict = row.text("verdict", 100, default="")
    verdict = verdict if verdict in _VERDICTS else Verdict.NONE
    if not row.has("parameter"):
        return _read_activation(row, layer, verdict)
    shape = row.items("shape", 8)
    if not all(type(size) is int and 0 <= size <= MAX_UNITS for size in shape):
        raise StateError("a row's shape holds something other than sizes")
    trend = [
        PlainValues({"trend": value}).any_number("trend") for value in row.items("trend", MAX_TREND)
    ]
    norm = _read(row, "norm")
    return ParameterStatistics(
        layer,
        printable(row.text("parameter", 100)),
        tuple(shape),
        nan if norm is None else norm,
        _read(row, "gradient_norm"),
        _read(row, "gradient_rms"),
        _read(row, "update_ratio"),
        verdict,
        tuple(trend),
    )


def _read_activation(row: PlainValues, layer: str, verdict: str) -> ActivationStatistics:
    units = row.integer("units", 0, MAX_UNITS, default=0)
    # The first program knew one measure, and named its share after it.
    if row.has("dead_share"):
        return ActivationStatistics(
            layer, units, "dead", row.optional_from_zero("dead_share", 1.0), verdict
        )
    measure = printable(row.text("measure", 100, default=""))
    return ActivationStatistics(
        layer, units, measure, row.optional_from_zero("share", 1.0), verdict
    )


def _stored(value: float | None) -> float | str | None:
    return None if value is None else stored_number(value)


def _read(row: PlainValues, name: str) -> float | None:
    return row.any_number(name) if row.has(name) else None
