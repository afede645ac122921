"""Trains in this process, keeps the run on disk, and prints how it goes."""

import shlex
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from tui_backprop.cli.interruption import Interruption
from tui_backprop.cli.progress import Output, ProgressDisplay, epoch_line
from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.printable import printable
from tui_backprop.runs.location import runs_directory
from tui_backprop.runs.run_error import RunError
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.stopwatch import Stopwatch
from tui_backprop.settings.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from tui_backprop.runs.recorder import RunRecorder
    from tui_backprop.training.trainer import Trainer

_REFRESH_SECONDS = 0.1
_LOOK_AT_CLOCK_EVERY = 16


@dataclass(frozen=True)
class HeadlessRun:
    """A run under way, new or resumed."""

    trainer: "Trainer"
    recorder: "RunRecorder"
    stopwatch: Stopwatch


def train_headless(
    hyperparameters: Hyperparameters,
    *,
    as_json: bool,
    runs: Path,
    resume: str | None = None,
    changes: dict[str, Any] | None = None,
) -> int:
    """Train to the end and return the exit status.

    That is 0, 1 if a value was not finite, 2 if the data, the stored run or the memory will not
    do, and 128 + n after signal n; the run is stored in each case.

    Args:
        hyperparameters: of a new run.
        as_json: whether to print JSON lines.
        runs: where runs are kept.
        resume: id of the stored run to go on with instead.
        changes: hyperparameters to change in it, all of which apply live.
    """
    limit_blas_threads()
    from tui_backprop.training.memory import NotEnoughMemoryError

    with Interruption() as interruption:
        try:
            run = _prepare(hyperparameters, runs, resume, changes or {})
        except (DatasetError, RunError, NotEnoughMemoryError) as error:
            click.echo(f"Error: {error}", err=True)
            return 2
        interruption.defer()
        if run.trainer.finished:
            _tell(
                f"The run is finished: it has made all {run.trainer.iteration:,} iterations;"
                " --iterations with a larger number goes on."
            )
        output = Output(sys.stdout, as_json=as_json)
        try:
            _train(run, interruption, output)
        finally:
            run.recorder.save(run.trainer, _last_event(run.trainer))
            run.recorder.close()
        return _conclude(run, interruption, runs)


def _prepare(
    hyperparameters: Hyperparameters, runs: Path, resume: str | None, changes: dict[str, Any]
) -> HeadlessRun:
    from tui_backprop.runs.recorder import RunRecorder
    from tui_backprop.session.recording import open_run, system_storage
    from tui_backprop.training.memory import available_memory
    from tui_backprop.training.trainer import Trainer

    storage = system_storage(runs)
    if resume is None:
        dataset = load_dataset(hyperparameters.dataset)
        trainer = Trainer(hyperparameters, dataset, available_memory())
        stopwatch = Stopwatch(time.perf_counter)
        return HeadlessRun(trainer, RunRecorder(storage, lambda: stopwatch.elapsed), stopwatch)
    opened = open_run(storage, resume, load_dataset)
    trainer = opened.run.trainer
    stopwatch = Stopwatch(time.perf_counter, opened.run.elapsed, trainer.iteration)
    recorder = opened.recorder(storage, lambda: stopwatch.elapsed)
    try:
        if changes:
            if changes.get("iterations", trainer.iteration) < trainer.iteration:
                raise RunError(
                    f"--iterations {changes['iterations']}: the run has made"
                    f" {trainer.iteration:,} iterations already"
                )
            trainer.apply_live(replace(trainer.hyperparameters, **changes), available_memory())
    except BaseException:
        recorder.close()
        raise
    return HeadlessRun(trainer, recorder, stopwatch)


def _train(run: HeadlessRun, interruption: Interruption, output: Output) -> None:
    trainer, recorder, problem = run.trainer, run.recorder, ""
    reported = trainer.evaluations.seen
    run.stopwatch.start()
    with ProgressDisplay(Console(stderr=True), trainer.hyperparameters.iterations) as progress:
        next_refresh = time.perf_counter()
        while not trainer.finished and trainer.non_finite is None and interruption.number is None:
            for _ in range(_LOOK_AT_CLOCK_EVERY):
                trainer.work()
                recorder.record(trainer)
                if trainer.evaluations.seen > reported and not trainer.evaluating:
                    reported = trainer.evaluations.seen
                    point = trainer.evaluations.points()[-1]
                    output.print(epoch_line(point, trainer, as_json=output.as_json))
            if (now := time.perf_counter()) >= next_refresh:
                next_refresh = now + _REFRESH_SECONDS
                rate = run.stopwatch.rate(trainer.iteration)
                progress.show(trainer.iteration, trainer.loss, rate)
                if recorder.problem != problem:
                    problem = recorder.problem
                    _tell(f"The run is {problem or 'being saved again'}.")
    run.stopwatch.stop()


def _tell(line: str) -> None:
    """Print a line on standard error, if there still is one."""
    with suppress(OSError):
        click.echo(line, err=True)


def _last_event(trainer: "Trainer") -> str:
    from tui_backprop.runs.recorder import resting_event

    event = resting_event(trainer)
    return "interrupted" if event == "paused" else event


def _where(runs: Path) -> str:
    """Return the option that a command needs to find runs kept there."""
    if runs == runs_directory(None):
        return ""
    return f" --runs-dir {shlex.quote(printable(runs, 1000))}"


def _conclude(run: HeadlessRun, interruption: Interruption, runs: Path) -> int:
    trainer, recorder = run.trainer, run.recorder
    if recorder.problem:
        _tell(f"The run is {recorder.problem}.")
    if (stopped := trainer.non_finite) is not None:
        _tell(
            f"Error: the {stopped.what} of {stopped.where} is not finite in iteration "
            f"{stopped.iteration:,}; a smaller learning rate may help."
        )
        return 1
    if interruption.number is None or trainer.finished:
        return 0
    _tell(f"Stopped after {trainer.iteration:,} iterations.")
    if recorder.run_id and not recorder.problem:
        _tell(f"Go on with: tui-backprop train --resume {recorder.run_id}{_where(runs)}")
    return interruption.exit_status
