"""Tables of comma-separated values, as Lightning's CSVLogger and Keras's CSVLogger write them.

Lightning: sorted columns, empty where a row has no value, the whole file written anew when a column
is new. Keras: `epoch` first, `NA` where a row has no value.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from tui_backprop.runs.foreign.lines import LineParser
from tui_backprop.runs.foreign.reading import Reading

STEP_COLUMNS = ("step", "global_step", "iteration", "iter", "epoch")
"""The columns that may say where a row is, the best first."""

NO_METRICS = frozenset({*STEP_COLUMNS, "timestamp", "time", "wall_time"})
"""Columns that say where or when a row is: no metrics, in small letters."""

_MOST_COLUMNS = 1000


def run_of(path: Path) -> tuple[Path, str]:
    """Return the file itself: it is the run."""
    return path, ""


def recognizes(head: bytes) -> bool:
    """Whether a file that begins like this has steps or epochs, and something beside them."""
    header = _cells(head.split(b"\n", 1)[0], ",")
    return len(header) > 1 and any(name in STEP_COLUMNS for name in map(str.lower, header))


class TableParser(LineParser):
    """Reads a table with a heading line.

    Args:
        delimiter: between cells.
    """

    def __init__(self, delimiter: str = ",") -> None:
        super().__init__()
        self._delimiter = delimiter
        self._names: Sequence[str] = ()
        self._step: int | None = None

    def _readings(self, line: bytes) -> list[Reading] | None:
        cells = _cells(line, self._delimiter)
        if not cells:
            return []
        if not self._names:
            self._take_heading(cells)
            return []
        return self._row(cells) if len(cells) == len(self._names) else None

    def _take_heading(self, cells: Sequence[str]) -> None:
        self._names = cells[:_MOST_COLUMNS]
        places = {name.strip().lower(): place for place, name in enumerate(self._names)}
        self._step = next((places[name] for name in STEP_COLUMNS if name in places), None)

    def _row(self, cells: Sequence[str]) -> list[Reading]:
        step = number_in(cells[self._step]) if self._step is not None else None
        return [
            Reading(name, step, value)
            for place, name in enumerate(self._names)
            if name.strip().lower() not in NO_METRICS
            and (value := number_in(cells[place])) is not None
        ]


def number_in(text: str) -> float | None:
    """Return the number that a cell holds, finite or not; None if it holds none."""
    text = text.strip()
    # Python's own float also takes underscores.
    if not text or "_" in text or len(text) > 40:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _cells(line: bytes, delimiter: str) -> list[str]:
    text = line.decode("utf-8-sig", "replace").replace("\0", "")
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []
