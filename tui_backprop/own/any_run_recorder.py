"""Writes a run of anybody's training: metrics of any name, and what is known of each parameter.

`tui_backprop.own.any_run_recorder.AnyRunRecorder` knows neither the net nor its library. Whoever
records calls, after each iteration,

    looks = [ParameterLook("W1", gradient_norm=…, size=…, …), …] if recorder.wants_looks() else ()
    recorder.log(iteration, {"loss": 0.3, "test_accuracy": 0.9}, looks)

and at the end `finish()`, or `interrupt(reason)` where it did not come to its end, or `end(error)`
for either. `ParameterLook` is in `tui_backprop.own.parameter_rows`.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui_backprop import __version__
from tui_backprop.own.paced_metrics import PacedMetrics
from tui_backprop.own.parameter_rows import ParameterLook, ParameterRows
from tui_backprop.printable import printable
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.format.config import DataDescription, RunConfig
from tui_backprop.runs.format.layers import MAX_ROWS, layers_line
from tui_backprop.runs.format.metrics import metrics_line
from tui_backprop.runs.format.named_values import ANY_TASK, LONGEST_NAME
from tui_backprop.runs.location import runs_directory
from tui_backprop.runs.writer import RunStorage, RunWriter
from tui_backprop.settings.hyperparameters import Hyperparameters

WRITE_SECONDS = 0.1
"""Least time between two writes."""

LOOK_SECONDS = 0.5
"""Least time between two looks at the gradients."""

SHARE = 0.005
"""Largest share of the time that writing may take, and that making rows may."""

LONGEST_PAUSE = 5.0
"""But however slow the disk, it is written to so often."""

MAX_WAITING = 5000


class AnyRunRecorder:
    """Records one run, whose directory is made at its first values. No method ever raises.

    What goes wrong is told once by `tell`: writing is tried again every few seconds. A call that
    writes nothing takes about a microsecond; which values have a point is a matter of pace, but
    each metric's lowest, highest and mean value since its last point are kept with the next.

    Args:
        name: what the run is called.
        storage: where to write, and the clocks; None for the user's runs.
        program: what trains it, as "PyTorch 2.13".
        tell: takes a line for a person, once a kind of fault; None for standard error.
    """

    def __init__(
        self,
        name: str,
        storage: RunStorage | None = None,
        *,
        program: str = "",
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._name = printable(name, LONGEST_NAME)
        self._program = printable(program or f"tui_backprop.record {__version__}")
        self._storage = storage or user_storage()
        self._clock = self._storage.clock
        self._writer = RunWriter(self._storage, None)
        self._tell = tell or _tell_on_stderr
        self._told: set[str] = set()
        self._metrics = PacedMetrics(self._clock(), self.warn)
        self._rows = ParameterRows()
        self._waiting: list[bytes] = []
        self._waiting_rows = b""
        self._next_write = self._next_look = float("-inf")
        self._iteration: int | None = None
        self._ended = False

    @property
    def run_id(self) -> str | None:
        """The run's id, once it has a directory."""
        return self._writer.directory.path.name if self._writer.directory else None

    def wants_looks(self) -> bool:
        """Whether it is time to look at the gradients again: twice a second at most."""
        return self._clock() >= self._next_look

    def log(
        self,
        iteration: int,
        metrics: Mapping[str, float],
        looks: Sequence[ParameterLook] = (),
        at: float | None = None,
    ) -> None:
        """Take the values after so many iterations.

        Args:
            iteration: not below the one before; several calls may be of the same.
            metrics: floats by name, finite or not. `epoch` is not a metric, but where the run is.
            looks: one for each parameter, where `wants_looks` said so.
            at: when that was, by the storage's clock; None for now.
        """
        try:
            self._log(iteration, metrics, looks, self._clock() if at is None else at)
        except Exception as error:
            # Somebody's training must not end by this.
            self.warn_of(error)

    def finish(self) -> None:
        """Write what is left, and that the run came to its end."""
        self._end({"event": "finished"})

    def interrupt(self, reason: str = "") -> None:
        """Write what is left, and that the run did not come to its end, for a reason in a line."""
        self._end({"event": "interrupted", "reason": printable(reason)})

    def end(self, error: BaseException | None) -> None:
        """End the run: finished, or interrupted by the error that ended its loop."""
        if error is None:
            self.finish()
        else:
            said = " ".join(str(error).split())
            self.interrupt(f"{type(error).__name__}{': ' if said else ''}{said}")

    def numbers_of(self, given: Mapping[str, Any]) -> dict[str, float]:
        """Return those of somebody's values that are single numbers; warn of each other one."""
        numbers: dict[str, float] = {}
        for name, value in given.items():
            try:
                numbers[name] = float(value.item() if hasattr(value, "item") else value)
            except Exception:
                self.warn(
                    f"value of {name}",
                    f"{name} is no single number, but {type(value).__name__}: left out",
                )
        return numbers

    def warn_of(self, error: Exception, kind: str = "fault") -> None:
        """Tell a person of an error that nobody expected, once for each kind."""
        self.warn(kind, f"not all is recorded: {type(error).__name__}: {error}")

    def warn(self, kind: str, message: str) -> None:
        """Tell a person something, once for each kind."""
        if kind not in self._told:
            self._told.add(kind)
            self._tell(printable(f"tui-backprop: {message}", 500))

    def _log(
        self,
        iteration: int,
        metrics: Mapping[str, float],
        looks: Sequence[ParameterLook],
        now: float,
    ) -> None:
        if self._ended:
            self.warn("ended", "the recording has ended: what is logged now is left out")
            return
        if self._iteration is None:
            self._add_event({"event": "started"}, 0)
        elif iteration < self._iteration:
            self.warn(
                "order",
                f"iteration {iteration:,} came after {self._iteration:,}, and is left out: "
                "iterations must not go back",
            )
            return
        self._iteration = iteration
        self._waiting += self._metrics.take(iteration, metrics, now)
        if looks:
            self._take_looks(iteration, looks)
        if now >= self._next_write:
            self._write()

    def _take_looks(self, iteration: int, looks: Sequence[ParameterLook]) -> None:
        began = self._clock()
        # Stands where what follows fails.
        self._next_look = began + LONGEST_PAUSE
        if len(looks) > MAX_ROWS:
            self.warn("rows", f"{len(looks):,} parameters: the first {MAX_ROWS:,} are kept")
        self._waiting_rows = layers_line(iteration, self._rows.rows(looks[:MAX_ROWS]))
        self._next_look = began + max(LOOK_SECONDS, (self._clock() - began) / SHARE)

    def _add_event(self, values: dict[str, Any], iteration: int) -> None:
        time = f"{self._storage.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self._waiting.append(metrics_line({**values, "iteration": iteration, "time": time}))

    def _write(self, *, at_last: bool = False) -> None:
        began, is_new = self._clock(), self._writer.directory is None
        # Stands where what follows fails.
        self._next_write = began + LONGEST_PAUSE
        if self._writer.directory is not None:
            self._writer.directory.show_life()
        # The oldest tell how the run began, the newest how it stands.
        del self._waiting[MAX_WAITING // 2 : -MAX_WAITING // 2]
        if (self._waiting or self._waiting_rows) and (at_last or not self._writer.waits):
            self._writer.write(self._write_to, self._config)
            if self._writer.problem:
                self.warn("disk", f"the run {self._name} is {self._writer.problem}")
        # A slow disk is written to less often; that the directory was made counts for nothing.
        pause = 0.0 if is_new else (self._clock() - began) / SHARE
        self._next_write = began + min(max(WRITE_SECONDS, pause), LONGEST_PAUSE)

    def _write_to(self, directory: RunDirectory) -> None:
        if self._waiting:
            directory.append_metrics(b"".join(self._waiting))
            self._waiting.clear()
        if self._waiting_rows:
            directory.append_layers(self._waiting_rows)
            self._waiting_rows = b""

    def _config(self, run_id: str, now: datetime) -> RunConfig:
        return RunConfig(
            run_id,
            now,
            DataDescription(task=ANY_TASK),
            Hyperparameters(),
            self._program,
            frozenset(),
            self._name,
        )

    def _end(self, event: dict[str, Any]) -> None:
        if self._ended or self._iteration is None:
            return
        self._ended = True
        try:
            self._waiting += self._metrics.rest(self._iteration, self._clock())
            self._add_event(event, self._iteration)
            self._write(at_last=True)
            self._writer.close()
        except Exception as error:
            self.warn_of(error)


def user_storage(runs: str | Path | None = None) -> RunStorage:
    """Return where the user's own runs are kept, or another directory."""
    return RunStorage(
        runs_directory(None if runs is None else str(runs)),
        time.perf_counter,
        lambda: datetime.now(UTC),
        os.urandom,
    )


def _tell_on_stderr(line: str) -> None:
    try:
        # A stream that was closed before the program began is None.
        if sys.stderr is not None:
            sys.stderr.write(f"{line}\n")
    except (OSError, ValueError):
        return
