"""`metrics.jsonl`: what happened in a run, one JSON object a line, only ever added to.

A line with `event` tells of the run; any other is a point of its curves:

    {"event": "started", "iteration": 0, "time": "2026-11-23T18:22:07Z"}
    {"iteration": 600, "epoch": 1.0, "loss": 0.34, "mean_loss": 0.36, "train_accuracy": 0.9,
     "test_accuracy": 0.91, "elapsed": 0.21}

- `loss`: of that iteration's minibatch, in nats; null before the first. `mean_loss`: of all
  minibatches since the point before, or since the run went on; null if there are none. Accuracies:
  of the full sets, 0 to 1, or null where none were taken. `elapsed`: seconds of training so far.
- Points stand closest at the start and ever further apart: `runs.metrics_log` says where.
- Events: `started`, `resumed`, `changed` (with the hyperparameters that apply live), `paused`,
  `finished`, `diverged` (with `what` was not finite, and `where`), `interrupted`. After `resumed`,
  the points beyond its iteration that stand before it do not count: these iterations were lost,
  and are made again.
- A reader skips, and counts, lines that it cannot read: the last may be half-written.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import LIVE_FIELDS

METRICS_NAME = "metrics.jsonl"
EVENTS = ("started", "resumed", "changed", "paused", "finished", "diverged", "interrupted")
MAX_LINE_BYTES = 4096
MAX_METRICS_BYTES = 2**26
TAIL_BYTES = 2**16

_ENCODER = json.JSONEncoder(allow_nan=False)
_MOST = 2**62
_STOP = ("where", "what")


@dataclass(frozen=True, slots=True)
class MetricsPoint:
    """A point of a run's curves; see the module for units."""

    iteration: int
    epoch: float
    loss: float | None
    mean_loss: float | None
    train_accuracy: float | None
    test_accuracy: float | None
    elapsed: float


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened to a run after `iteration` iterations; `time` is ISO 8601, UTC.

    Of a run that diverged, `what` was not finite and the layer or parameter `where`, if known. Of
    one that changed, `hyperparameters` are those that apply live, as they were from then on.
    """

    event: str
    iteration: int
    time: str
    where: str = ""
    what: str = ""
    hyperparameters: dict[str, float] | None = None


class MetricsReader:
    """Takes in a metrics file piece by piece, as it grows.

    Attributes:
        points: in order of their iterations.
        events: in order.
        damaged_lines: how many lines could not be read.
    """

    def __init__(self) -> None:
        self.points: list[MetricsPoint] = []
        self.events: list[RunEvent] = []
        self.damaged_lines = 0
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Take in the next bytes. A last line without its end waits for the rest of it."""
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._skipping or len(line) > MAX_LINE_BYTES:
                self.damaged_lines += 1
                self._skipping = False
            elif line.strip():
                self._take(line)
        if len(rest) > MAX_LINE_BYTES:
            self._skipping, rest = True, b""
        self._rest = rest

    def close(self) -> None:
        """Take in what there is of the last line."""
        if self._rest.strip() or self._skipping:
            self.feed(b"\n")

    def _take(self, line: bytes) -> None:
        try:
            values = PlainValues(json.loads(line, parse_constant=_refuse_constant))
            iteration = values.integer("iteration", 0, _MOST)
            if values.has("event"):
                self._take_event(values, iteration)
            else:
                self._take_point(values, iteration)
        except (ValueError, RecursionError):
            self.damaged_lines += 1

    def _take_event(self, values: PlainValues, iteration: int) -> None:
        event = values.text("event", 40)
        if event not in EVENTS:
            raise StateError("unknown event")
        if event == "resumed":
            self.points = [point for point in self.points if point.iteration <= iteration]
        where, what = (
            printable(values.text(name, 100)) if values.has(name) else "" for name in _STOP
        )
        live = None
        if event == "changed":
            live = {
                field.name: type(field.default)(values.number(field.name)) for field in LIVE_FIELDS
            }
        self.events.append(RunEvent(event, iteration, values.text("time", 40), where, what, live))

    def _take_point(self, values: PlainValues, iteration: int) -> None:
        if self.points and iteration < self.points[-1].iteration:
            raise StateError("points out of order")
        self.points.append(
            MetricsPoint(
                iteration,
                values.number("epoch"),
                values.optional("loss"),
                values.optional("mean_loss"),
                values.optional_share("train_accuracy"),
                values.optional_share("test_accuracy"),
                values.number("elapsed"),
            )
        )


def read_metrics(path: Path, *, tail: bool = False) -> MetricsReader:
    """Return what the file at `path` holds, or with `tail` only its last TAIL_BYTES.

    A file that is not there holds nothing.

    Raises:
        RunError: it cannot be read, or is larger than any run makes it.
    """
    reader = MetricsReader()
    try:
        with open_stored(path) as file:
            size = file.seek(0, 2)
            if size > MAX_METRICS_BYTES:
                raise RunError(
                    f"{printable(path)}: has {size:,} bytes, expected {MAX_METRICS_BYTES:,} at most"
                )
            file.seek(max(0, size - TAIL_BYTES) if tail else 0)
            if tail and size > TAIL_BYTES:
                file.readline(MAX_LINE_BYTES)
            reader.feed(file.read(MAX_METRICS_BYTES))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RunError(f"{printable(path)}: {printable(error.strerror or error)}") from error
    reader.close()
    return reader


def metrics_line(values: dict[str, Any]) -> bytes:
    """Return the line that stores `values`."""
    return _ENCODER.encode(values).encode() + b"\n"


def _refuse_constant(name: str) -> None:
    raise StateError(f"{name} is no JSON")
