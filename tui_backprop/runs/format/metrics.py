"""`metrics.jsonl`: what happened in a run, one JSON object a line. See README.md here."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.named_values import named_ranges, named_values
from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError
from tui_backprop.runs.run_error import RunError, file_error
from tui_backprop.settings.fields import HyperparameterError
from tui_backprop.settings.hyperparameters import LIVE_FIELDS, Hyperparameters
from tui_backprop.settings.tasks import TASKS, Task

EVENTS = ("started", "resumed", "changed", "paused", "finished", "diverged", "interrupted")
MAX_LINE_BYTES = 4096
MAX_METRICS_BYTES = 2**26
TAIL_BYTES = 2**16

_ENCODER = json.JSONEncoder(allow_nan=False)
_STOP = ("where", "what")


@dataclass(frozen=True, slots=True)
class MetricsPoint:
    """A point of a run's curves. `train` and `test` are the task's metric, `elapsed` in seconds.

    Of a run whose metrics have names of their own, `values` are all of them, finite or not, and
    `ranges` the lowest, mean and highest value of some since the point before that names them.
    """

    iteration: int
    epoch: float
    loss: float | None
    mean_loss: float | None
    train: float | None
    test: float | None
    elapsed: float
    values: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened to a run after `iteration` iterations; `time` is ISO 8601, UTC.

    Of a run that diverged, `what` was not finite and the layer or parameter `where`, if known. Of
    one that changed or was resumed, `hyperparameters` are those that apply live, as they were from
    then on, if they are told. `reason` is a line on why it was interrupted, if that is told.
    """

    event: str
    iteration: int
    time: str
    where: str = ""
    what: str = ""
    hyperparameters: dict[str, Any] | None = None
    reason: str = ""


class MetricsReader:
    """Takes in a metrics file piece by piece, as it grows.

    Args:
        task: of the run, by which its metric is named; None where metrics have names of their own.

    Attributes:
        points: in order of their iterations.
        events: in order.
        damaged_lines: how many lines could not be read.
    """

    def __init__(self, task: Task | None = TASKS["classification"]) -> None:
        self._task = task
        self._names: set[str] = set()
        self.points: list[MetricsPoint] = []
        self.events: list[RunEvent] = []
        self.damaged_lines = 0
        self._rest = b""
        self._skipping = False

    @property
    def newest_iteration(self) -> int | None:
        """The newest iteration that a point or event tells of, None if there is none."""
        newest = [point.iteration for point in self.points[-1:]]
        return max(newest + [event.iteration for event in self.events[-1:]], default=None)

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
            iteration = values.integer("iteration", 0, MOST)
            if values.has("event"):
                self._take_event(values, iteration)
            else:
                self._take_point(values, iteration)
        except (ValueError, RecursionError):
            self.damaged_lines += 1

    def _take_event(self, values: PlainValues, iteration: int) -> None:
        event = values.text("event", 40)
        if event not in EVENTS:
            return
        if event == "resumed":
            self.points = [point for point in self.points if point.iteration <= iteration]
        where, what = (
            printable(values.text(name, 100)) if values.has(name) else "" for name in _STOP
        )
        live = _read_live(values) if event in ("changed", "resumed") else None
        time = values.text("time", 40, default="")
        reason = printable(values.text("reason", 500, default="")) if values.has("reason") else ""
        self.events.append(RunEvent(event, iteration, time, where, what, live, reason))

    def _take_point(self, values: PlainValues, iteration: int) -> None:
        before = self.points[-1] if self.points else None
        if before and iteration < before.iteration:
            raise StateError("points out of order")
        epoch = values.number("epoch", default=before.epoch if before else 0.0)
        elapsed = values.number("elapsed", default=before.elapsed if before else 0.0)
        if self._task is None:
            named = named_values(values, self._names)
            ranges = named_ranges(values.table("ranges"), named)
            self.points.append(
                MetricsPoint(iteration, epoch, None, None, None, None, elapsed, named, ranges)
            )
            return
        most = 1.0 if self._task.is_share else math.inf
        train, test = (values.optional_from_zero(name, most) for name in metric_names(self._task))
        self.points.append(
            MetricsPoint(
                iteration,
                epoch,
                values.optional("loss"),
                values.optional("mean_loss"),
                train,
                test,
                elapsed,
            )
        )


def metric_names(task: Task) -> tuple[str, str]:
    """Return the names that a task's metric has in a point, of the training and the test set."""
    return f"train_{task.metric}", f"test_{task.metric}"


def point_values(point: MetricsPoint, task: Task) -> dict[str, Any]:
    """Return a point's values by the names that they have in the file, in its order."""
    names = {"train": metric_names(task)[0], "test": metric_names(task)[1]}
    return {
        names.get(name, name): value
        for name, value in asdict(point).items()
        if name not in ("values", "ranges")
    }


def _read_live(values: PlainValues) -> dict[str, Any] | None:
    """Return the hyperparameters that apply live among an event's values, None if there are none.

    Raises:
        StateError: one of them is not allowed.
    """
    found = values.as_dict()
    try:
        live = {f.name: f.check(found[f.name]) for f in LIVE_FIELDS if values.has(f.name)}
    except HyperparameterError as error:
        raise StateError(str(error)) from error
    return live or None


def settings_after(base: Hyperparameters, events: Sequence[RunEvent]) -> Hyperparameters:
    """Return what is in force after these events.

    Args:
        base: what the last checkpoint has, or what the run was started with.
        events: of the run, in order.
    """
    for event in reversed(events):
        if event.hyperparameters:
            return replace(base, **event.hyperparameters)
        if event.event == "resumed":
            # It went back to the checkpoint: what had been changed since then was lost.
            break
    return base


def read_metrics(
    path: Path, task: Task | None = TASKS["classification"], *, tail: bool = False
) -> MetricsReader:
    """Return what the file at `path` holds, or with `tail` only its last TAIL_BYTES.

    A file that is not there holds nothing.

    Raises:
        RunError: it cannot be read, or is larger than any run makes it.
    """
    reader = MetricsReader(task)
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
            reader.feed(file.read(MAX_METRICS_BYTES) or b"")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise file_error(path, error) from error
    reader.close()
    return reader


def metrics_line(values: dict[str, Any]) -> bytes:
    """Return the line that stores `values`."""
    return _ENCODER.encode(values).encode() + b"\n"


def _refuse_constant(name: str) -> None:
    raise StateError(f"{name} is no JSON")
