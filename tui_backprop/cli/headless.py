"""Drives a Trainer in this process, and prints how it goes."""

import json
import sys
import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.stopwatch import Stopwatch
from tui_backprop.training.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import AccuracyPoint

_REFRESH_SECONDS = 0.1
_LOOK_AT_CLOCK_EVERY = 16


def train_headless(hyperparameters: Hyperparameters, *, as_json: bool) -> int:
    """Train to the end and return the exit status: 0, 1 not finite, 2 bad data, 130 Ctrl+C."""
    limit_blas_threads()
    from tui_backprop.training.trainer import Trainer

    try:
        trainer = Trainer(hyperparameters, load_dataset(hyperparameters.dataset))
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        return 2
    console = Console(stderr=True)
    stopwatch = Stopwatch(time.perf_counter)
    stopwatch.start()
    reported = 0
    try:
        with progress_bar(console) as progress:
            task = progress.add_task("", total=hyperparameters.iterations, loss="", rate="")
            next_refresh = time.perf_counter()
            while not trainer.finished and trainer.non_finite is None:
                for _ in range(_LOOK_AT_CLOCK_EVERY):
                    trainer.work()
                    if trainer.accuracies.seen > reported and not trainer.evaluating:
                        reported = trainer.accuracies.seen
                        point = trainer.accuracies.points()[-1]
                        print_epoch(point, trainer.loss, hyperparameters, as_json=as_json)
                if (now := time.perf_counter()) >= next_refresh:
                    next_refresh = now + _REFRESH_SECONDS
                    rate = stopwatch.rate(trainer.iteration)
                    progress.update(
                        task,
                        completed=trainer.iteration,
                        loss="" if trainer.loss is None else f"loss {trainer.loss:.4f}",
                        rate="" if rate is None else f"{rate:,.0f} it/s",
                    )
            progress.update(task, completed=trainer.iteration)
    except KeyboardInterrupt:
        click.echo(f"Stopped after {trainer.iteration:,} iterations.", err=True)
        return 130
    if (stopped := trainer.non_finite) is not None:
        click.echo(
            f"Error: the {stopped.what} of {stopped.where} is not finite in iteration "
            f"{stopped.iteration:,}; a smaller learning rate may help.",
            err=True,
        )
        return 1
    return 0


def progress_bar(console: Console) -> Progress:
    """Return a bar with loss, rate and time left; it shows only on a terminal."""
    return Progress(
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=False,
        disable=not console.is_terminal,
    )


def print_epoch(
    point: AccuracyPoint, loss: float | None, hyperparameters: Hyperparameters, *, as_json: bool
) -> None:
    """Print one line on standard output for an evaluation."""
    epoch = int(point.epoch) if point.epoch.is_integer() else round(point.epoch, 4)
    if as_json:
        line = json.dumps(
            {
                "iteration": point.iteration,
                "epoch": epoch,
                "loss": loss,
                "train_accuracy": point.train,
                "test_accuracy": point.test,
            }
        )
    else:
        width = len(f"{hyperparameters.iterations:,}")
        shown_loss = "   -  " if loss is None else f"{loss:.4f}"
        line = (
            f"iteration {point.iteration:>{width},}  epoch {epoch:>6g}  loss {shown_loss}  "
            f"train accuracy {point.train:.4f}  test accuracy {point.test:.4f}"
        )
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
