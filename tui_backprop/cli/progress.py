"""What a headless run shows: a bar on a terminal, lines about the run, and one an evaluation."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TextIO

from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.snapshot import Evaluation

if TYPE_CHECKING:
    from tui_backprop.training.trainer import Trainer

SECONDS_BETWEEN_LINES = 1.0
"""A person is told of one evaluation a second at most, and of the last one."""

_WIDEST_ITERATION = 9
"""Cells a line keeps for its iteration, so that all numbers of a usual run fit in 80."""


class Output:
    """Prints lines until whoever reads them is gone, or their disk is full.

    Raises:
        BrokenPipeError: by `print`: a reader that closed its pipe wants no more.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def print(self, line: str) -> None:
        """Print a line at once."""
        if self._gone:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError:
            # A terminal that has hung up: the run is worth more than its lines.
            self._gone = True


class ProgressBar:
    """One line with a bar, loss, rate and time left; only on a terminal, while it is there.

    Args:
        stream: where it stands; None if the program was started without.
        total: iterations of the run.
        columns: of the terminal; without it, the terminal is asked.
    """

    def __init__(self, stream: TextIO | None, total: int, columns: int | None = None) -> None:
        is_screen = stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
        self._stream = stream if is_screen else None
        self._total = total
        self._columns = columns
        self._shown = False

    def show(
        self, iteration: int, loss: float | None, rate: float | None, seconds_left: float | None
    ) -> None:
        """Show how far training is."""
        if self._stream is None:
            return
        text = f"{iteration:,}/{self._total:,}"
        if loss is not None:
            text += f"  loss {loss:.4f}"
        if rate is not None:
            text += f"  {rate:,.0f} it/s"
        if seconds_left is not None:
            text += f"  {timedelta(seconds=int(seconds_left))} left"
        # Never as wide as the terminal, where the next character would begin a line of its own.
        room = self._width() - 1
        length = max(0, room - len(text) - 2)
        done = length * min(iteration, self._total) // max(1, self._total)
        full, empty = self._characters()
        bar = full * done + empty * (length - done) + "  " if length else ""
        self._write(f"\r{(bar + text)[:room]}\x1b[K")
        self._shown = True

    def clear(self) -> None:
        """Make room for a line: what is printed next stands where the bar was."""
        if self._shown:
            self._shown = False
            self._write("\r\x1b[K")

    def _width(self) -> int:
        if self._columns is not None:
            return self._columns
        with suppress(OSError):
            assert self._stream is not None
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        return 80

    def _characters(self) -> tuple[str, str]:
        try:
            "━─".encode(getattr(self._stream, "encoding", None) or "ascii")
        except UnicodeEncodeError:
            return "#", "-"
        return "━", "─"

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None


class Report:
    """Tells how a run goes, on standard output and error, above the bar if there is one.

    As JSON, the first line is the run with its settings, the last one its status, and between them
    one an evaluation; else an evaluation a second at most, or each of them if `verbose`.
    """

    def __init__(
        self,
        trainer: "Trainer",
        bar: ProgressBar,
        clock: Callable[[], float],
        *,
        as_json: bool,
        verbose: bool,
    ) -> None:
        self.bar = bar
        self._trainer = trainer
        self._output = Output(sys.stdout)
        self._clock = clock
        self._json = as_json
        self._every = as_json or verbose
        self._begun = False
        self._waiting: list[str] = []
        self._next_line = float("-inf")

    @property
    def begun(self) -> bool:
        """Whether the run has been named."""
        return self._begun

    def begin(self, run_id: str | None) -> None:
        """Name the run, and print what waited for it; None where it has no name."""
        self._begun = True
        if self._json:
            settings = self._trainer.hyperparameters.to_dict()
            self._print(json.dumps({"run": run_id, "settings": settings}))
        elif run_id is not None:
            self.tell(f"Run {run_id}")
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._print(line)

    def evaluated(self, point: Evaluation) -> None:
        """Print the evaluation that has just ended, or keep it as the newest."""
        line = epoch_line(point, self._trainer, as_json=self._json)
        if not self._begun:
            self._waiting.append(line)
        elif self._every or self._clock() >= self._next_line:
            self._next_line = self._clock() + SECONDS_BETWEEN_LINES
            self._waiting.clear()
            self._print(line)
        else:
            self._waiting = [line]

    def end(self, **status: Any) -> None:
        """Print the newest evaluation if it has not been, and the status."""
        self.bar.clear()
        for line in self._waiting:
            self._print(line)
        self._waiting.clear()
        if self._json:
            self._print(json.dumps(status))

    def tell(self, line: str) -> None:
        """Print a line on standard error, if there still is one."""
        self.bar.clear()
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def _print(self, line: str) -> None:
        self.bar.clear()
        self._output.print(line)


def epoch_line(point: Evaluation, trainer: "Trainer", *, as_json: bool) -> str:
    """Return the line for an evaluation that has just ended."""
    metric = TASKS[trainer.dataset.task].metric
    if as_json:
        return json.dumps(
            {
                "iteration": point.iteration,
                "epoch": int(point.epoch) if point.epoch.is_integer() else round(point.epoch, 4),
                "loss": trainer.loss,
                f"train_{metric}": point.train,
                f"test_{metric}": point.test,
            }
        )
    width = min(len(f"{trainer.hyperparameters.iterations:,}"), _WIDEST_ITERATION)
    loss = "   -  " if trainer.loss is None else f"{trainer.loss:.4f}"
    return (
        f"iteration {point.iteration:>{width},}  epoch {point.epoch:>5.1f}  loss {loss}"
        f"  {metric} train {point.train:.4f} test {point.test:.4f}"
    )
