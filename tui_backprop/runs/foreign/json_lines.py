"""JSON lines: an object a line, any keys."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tui_backprop.runs.foreign.csv_table import NO_METRICS, STEP_COLUMNS
from tui_backprop.runs.foreign.lines import LineParser
from tui_backprop.runs.foreign.reading import Reading

_DEEPEST = 3
_MOST_KEYS = 1000
_MORE_TIMES = {"ts", "_timestamp", "_runtime"}


def run_of(path: Path) -> tuple[Path, str]:
    """Return the file itself: it is the run."""
    return path, ""


def recognizes(head: bytes) -> bool:
    """Whether a file that begins like this has an object with a number on its first line."""
    return bool(object_readings(head.split(b"\n", 1)[0]))


class JsonLinesParser(LineParser):
    """Reads the numbers of each line; keys of objects in it are joined by `/`."""

    def _readings(self, line: bytes) -> list[Reading] | None:
        return object_readings(line) if line.strip() else []


def object_readings(line: bytes) -> list[Reading] | None:
    """Return the numbers of an object in JSON; None if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return mapping_readings(found) if isinstance(found, dict) else None


def mapping_readings(values: Mapping[str, Any]) -> list[Reading]:
    """Return the numbers among these values, at the step that they tell."""
    numbers = dict(_numbers(values, "", _DEEPEST))
    by_word = {name.lower(): name for name in reversed(numbers)}
    at = next((by_word[word] for word in STEP_COLUMNS if word in by_word), None)
    step = numbers[at] if at is not None and math.isfinite(numbers[at]) else None
    return [
        Reading(name, step, value)
        for name, value in numbers.items()
        if name.lower() not in NO_METRICS | _MORE_TIMES
    ]


def _numbers(values: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, float]]:
    for name, value in list(values.items())[:_MOST_KEYS]:
        if isinstance(value, dict) and depth > 1:
            yield from _numbers(value, f"{prefix}{name}/", depth - 1)
        elif type(value) in (int, float):
            try:
                yield prefix + name, float(value)
            except OverflowError:
                continue
        elif value in ("nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"):
            yield prefix + name, float(value)
