"""What a headless run shows: a bar on a terminal, and a line for each evaluation."""

import json
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tui_backprop.training.snapshot import Evaluation

if TYPE_CHECKING:
    from tui_backprop.training.trainer import Trainer


class Output:
    """Prints lines until whoever reads them is gone, or their disk is full.

    Raises:
        BrokenPipeError: by `print`: a reader that closed its pipe wants no more.
    """

    def __init__(self, stream: TextIO, *, as_json: bool) -> None:
        self.as_json = as_json
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


class ProgressDisplay:
    """A bar with loss, rate and time left; only on a terminal, and only as long as it is there."""

    def __init__(self, console: Console, total: int) -> None:
        self._bar = Progress(
            BarColumn(bar_width=None),
            TextColumn("{task.completed:,}/{task.total:,}"),
            TextColumn("{task.fields[loss]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            auto_refresh=False,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, loss="", rate="")
        self._gone = False

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._gone:
            try:
                self._bar.stop()
            except OSError:
                self._gone = True

    def show(self, iteration: int, loss: float | None, rate: float | None) -> None:
        """Show how far training is."""
        if self._gone:
            return
        try:
            self._bar.update(
                self._task,
                completed=iteration,
                loss="" if loss is None else f"loss {loss:.4f}",
                rate="" if rate is None else f"{rate:,.0f} it/s",
                refresh=True,
            )
        except OSError:
            self._gone = True


def epoch_line(point: Evaluation, trainer: "Trainer", *, as_json: bool) -> str:
    """Return the line for an evaluation that has just ended."""
    epoch = int(point.epoch) if point.epoch.is_integer() else round(point.epoch, 4)
    if as_json:
        return json.dumps(
            {
                "iteration": point.iteration,
                "epoch": epoch,
                "loss": trainer.loss,
                "train_accuracy": point.train,
                "test_accuracy": point.test,
            }
        )
    width = len(f"{trainer.hyperparameters.iterations:,}")
    loss = "   -  " if trainer.loss is None else f"{trainer.loss:.4f}"
    return (
        f"iteration {point.iteration:>{width},}  epoch {epoch:>6g}  loss {loss}  "
        f"train accuracy {point.train:.4f}  test accuracy {point.test:.4f}"
    )
