"""Trains in this process, keeps the run on disk, and prints how it goes."""

import shlex
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui_backprop.cli.interruption import Interruption
from tui_backprop.cli.progress import ProgressBar, Report
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


@dataclass(frozen=True)
class HeadlessRun:
    """A run under way, new or resumed."""

    trainer: "Trainer"
    recorder: "RunRecorder"
    stopwatch: Stopwatch


def train_headless(
    hyperparameters: Hyperparameters,
    *,
    runs: Path,
    as_json: bool = False,
    verbose: bool = False,
    resume: str | None = None,
    changes: dict[str, Any] | None = None,
) -> int:
    """Train to the end and return the exit status.

    That is 0, 1 if a value was not finite, 2 if the data, the stored run or the memory will not
    do, 4 if the end could not be saved, and 128 + n after signal n; the run is stored as far as
    that can be done.

    Args:
        hyperparameters: of a new run.
        runs: where runs are kept.
        as_json: whether to print JSON lines.
        verbose: whether to print a line for each evaluation.
        resume: id of the stored run to go on with instead.
        changes: hyperparameters to change in it, all of which apply live.
    """
    limit_blas_threads()
    from tui_backprop.training.memory import NotEnoughMemoryError

    try:
        run = _prepare(hyperparameters, runs, resume, changes or {})
    except (DatasetError, RunError, NotEnoughMemoryError) as error:
        click.echo(f"Error: {error}", err=True)
        return 2
    trainer = run.trainer
    bar = ProgressBar(sys.stderr, trainer.hyperparameters.iterations)
    report = Report(trainer, bar, time.perf_counter, as_json=as_json, verbose=verbose)
    with Interruption() as interruption:
        if run.recorder.run_id is not None:
            report.begin(run.recorder.run_id)
        if trainer.finished:
            report.tell(
                f"The run is finished: it has made all {trainer.iteration:,} iterations;"
                " --iterations with a larger number goes on."
            )
        try:
            _train(run, interruption, report)
        finally:
            bar.clear()
            run.recorder.save(trainer, _last_event(trainer))
            run.recorder.close()
        return _conclude(run, interruption, report, runs)


def _prepare(
    hyperparameters: Hyperparameters, runs: Path, resume: str | None, changes: dict[str, Any]
) -> HeadlessRun:
    from tui_backprop.runs.recorder import RunRecorder
    from tui_backprop.session.recording import open_run, system_storage
    from tui_backprop.training.memory import available_memory
    from tui_backprop.training.trainer import Trainer

    storage = system_storage(runs)
    if resume is None:
        dataset = load_dataset(hyperparameters.dataset, hyperparameters.target)
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


def _train(run: HeadlessRun, interruption: Interruption, report: Report) -> None:
    from tui_backprop.session.time_left import seconds_left

    trainer, recorder, stopwatch, problem = run.trainer, run.recorder, run.stopwatch, ""
    reported = trainer.evaluations.seen
    next_refresh = time.perf_counter()
    stopwatch.start()
    while not trainer.finished and trainer.non_finite is None and interruption.number is None:
        stopwatch.note(evaluating=trainer.evaluating)
        trainer.work()
        recorder.record(trainer)
        if trainer.iteration and not report.begun:
            report.begin(recorder.run_id)
        newest = trainer.evaluations.newest
        if newest and trainer.evaluations.seen > reported and not trainer.evaluating:
            reported = trainer.evaluations.seen
            report.evaluated(newest)
        if (now := time.perf_counter()) >= next_refresh:
            next_refresh = now + _REFRESH_SECONDS
            rate = stopwatch.rate(trainer.iteration)
            left = seconds_left(stopwatch, trainer)
            report.bar.show(trainer.iteration, trainer.loss, rate, left)
            if recorder.problem != problem:
                problem = recorder.problem
                report.tell(f"The run is {problem or 'being saved again'}.")
    stopwatch.stop()


def _last_event(trainer: "Trainer") -> str:
    from tui_backprop.runs.recorder import resting_event

    event = resting_event(trainer)
    return "interrupted" if event == "paused" else event


def _where(runs: Path) -> str:
    """Return the option that a command needs to find runs kept there."""
    if runs == runs_directory(None):
        return ""
    return f" --runs-dir {shlex.quote(printable(runs, 1000))}"


def _conclude(run: HeadlessRun, interruption: Interruption, report: Report, runs: Path) -> int:
    trainer, recorder = run.trainer, run.recorder
    if not report.begun:
        report.begin(recorder.run_id)
    event, problem = _last_event(trainer), recorder.problem
    report.end(status=event, iteration=trainer.iteration, saved=not problem)
    exit_status = 4 if problem else 0
    if (stopped := trainer.non_finite) is not None:
        exit_status = 1
        report.tell(
            f"Error: the {stopped.what} of {stopped.where} is not finite in iteration "
            f"{stopped.iteration:,}; a smaller learning rate may help."
        )
    elif event == "interrupted":
        exit_status = interruption.exit_status
        report.tell(f"Stopped after {trainer.iteration:,} iterations.")
        if recorder.run_id and not problem:
            report.tell(f"Go on with: tui-backprop train --resume {recorder.run_id}{_where(runs)}")
    if problem:
        saved = recorder.saved_iteration
        what = "nothing of it is" if saved is None else f"its checkpoint is of iteration {saved:,}"
        report.tell(f"Error: the run is {problem}; {what}{' on disk' if saved is None else ''}.")
    return exit_status
