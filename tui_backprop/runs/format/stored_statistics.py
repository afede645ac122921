"""The rows of the gradient table as plain values, so that a run read from disk can show them."""

from typing import Any

from tui_backprop.printable import printable
from tui_backprop.runs.format.plain_values import PlainValues, StateError, stored_number
from tui_backprop.training.snapshot import (
    ActivationStatistics,
    LayerStatistics,
    ParameterStatistics,
)

MAX_ROWS = 1000
MAX_TREND = 1024
MAX_UNITS = 2**40


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
    """Return the rows that were stored under `name`.

    Raises:
        StateError: a value is missing, of another type or out of bounds.
    """
    return tuple(_read_row(row) for row in values.tables(name, MAX_ROWS))


def _read_row(row: PlainValues) -> LayerStatistics:
    layer, verdict = printable(row.text("layer", 100)), _verdict(row)
    if not row.has("parameter"):
        units = row.integer("units", 0, MAX_UNITS)
        if row.has("dead_share"):
            return ActivationStatistics(layer, units, "dead", row.share("dead_share"), verdict)
        measure = printable(row.text("measure", 100)) if row.has("measure") else ""
        share = row.optional_share("share") if measure else None
        return ActivationStatistics(layer, units, measure, share, verdict)
    shape = row.items("shape", 8)
    if not all(type(size) is int and 0 <= size <= MAX_UNITS for size in shape):
        raise StateError("a row's shape holds something other than sizes")
    trend = [
        PlainValues({"trend": value}).any_number("trend") for value in row.items("trend", MAX_TREND)
    ]
    return ParameterStatistics(
        layer,
        printable(row.text("parameter", 100)),
        tuple(shape),
        row.any_number("norm"),
        _read(row, "gradient_norm"),
        _read(row, "gradient_rms"),
        _read(row, "update_ratio"),
        verdict,
        tuple(trend),
    )


def _verdict(row: PlainValues) -> str:
    return printable(row.text("verdict", 100))


def _stored(value: float | None) -> float | str | None:
    return None if value is None else stored_number(value)


def _read(row: PlainValues, name: str) -> float | None:
    return row.any_number(name) if row.has(name) else None
