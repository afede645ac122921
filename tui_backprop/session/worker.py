"""The training side of a session: obeys commands between two iterations."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from tui_backprop.datasets import DatasetError
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.writer import RunStorage
from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    Event,
    LimitSpeed,
    LoadingStarted,
    Pause,
    Refused,
    Resume,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
)
from tui_backprop.session.recording import RecordKeeper
from tui_backprop.session.step_desk import StepDesk, WalkthroughCommand
from tui_backprop.session.stopwatch import Clock, Stopwatch
from tui_backprop.session.trainer_loader import RefusedError, TrainerLoader
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import NotEnoughMemoryError, available_memory
from tui_backprop.training.trainer import Trainer
from tui_backprop.training.views.registry import NO_VIEWS

Inbox = SimpleQueue[Command | None]
"""Commands in order; None when there will be no more."""

Goal = Callable[[Trainer], bool]
"""Says whether training has come as far as it was asked to."""


class Worker:
    """Owns the trainer, and trains whenever no command waits.

    Args:
        inbox: where commands arrive, put there by another thread.
        send: takes every event.
        clock: seconds that only grow.
        storage: where runs are kept; None to record nothing.
    """

    def __init__(
        self,
        inbox: Inbox,
        send: Callable[[Event], None],
        clock: Clock,
        storage: RunStorage | None = None,
    ) -> None:
        self._inbox = inbox
        self._send = send
        self._clock = clock
        self._trainer: Trainer | None = None
        self._loader = TrainerLoader()
        self._goal: Goal | None = None
        self._speed_limit: float | None = None
        self._wanted = NO_VIEWS
        self._next_due = 0.0
        self._stopwatch = Stopwatch(clock)
        self._records = RecordKeeper(storage, lambda: self._stopwatch.elapsed)
        self._desk = StepDesk(send, clock, record=self._records.record)

    def run(self) -> None:
        """Obey and train until the inbox says None."""
        while True:
            if self._has_work():
                self._train_until_told()
            while self._desk.busy and self._inbox.empty():
                self._desk.work()
            try:
                command = self._inbox.get(timeout=self._time_to_wait())
            except Empty:
                self._save_rest()
                continue
            if command is None:
                event = "interrupted" if self._has_work() else ""
                self._records.close(self._trainer, event)
                return
            self._obey(command)

    def _has_work(self) -> bool:
        trainer = self._trainer
        return trainer is not None and (trainer.evaluating or self._goal is not None)

    def _time_to_wait(self) -> float | None:
        """Return how long to wait for a command: 0 under full speed, None when idle."""
        if self._desk.busy:
            return 0.0
        if not self._has_work():
            return self._records.seconds_to_wait
        return max(0.0, self._next_due - self._clock()) if self._speed_limit else 0.0

    def _train_until_told(self) -> None:
        """Train until a command waits, the goal is reached, or the next iteration is not due."""
        trainer, goal = self._trainer, self._goal
        assert trainer is not None
        nobody_waits, work, record = self._inbox.empty, trainer.work, self._records.record
        self._stopwatch.start()
        while nobody_waits():
            if trainer.evaluating:
                work()
                record(trainer)
                continue
            if goal is None or goal(trainer):
                self._come_to_rest()
                return
            if self._speed_limit is not None:
                now = self._clock()
                if now < self._next_due:
                    return
                self._next_due = max(self._next_due + 1 / self._speed_limit, now)
            work()
            record(trainer)

    def _come_to_rest(self) -> None:
        self._goal = None
        self._stopwatch.stop()
        self._report(requested=False)

    def _save_rest(self) -> None:
        """Save a run that has come to rest, and tell of it if that fails or works again."""
        if self._trainer is None or self._has_work() or self._desk.busy:
            return
        before = self._records.problem, self._records.run_id
        self._records.save(self._trainer)
        if (self._records.problem, self._records.run_id) != before:
            self._report(requested=False)

    def _obey(self, command: Command) -> None:
        match command:
            case TakeSnapshot(wanted):
                self._wanted = wanted
                if self._trainer is not None:
                    self._report(requested=True)
            case Start(hyperparameters):
                self._start(hyperparameters)
            case Resume(run_id):
                self._resume(run_id)
            case ApplyLive(name, value):
                self._apply_live(name, value)
            case LimitSpeed(limit):
                self._speed_limit = limit
                self._next_due = self._clock()
                self._report(requested=False)
            case Pause():
                if self._trainer is not None:
                    self._come_to_rest()
            case Run() | RunIterations() | RunToEpochEnd():
                self._run_towards(command)
            case _:
                self._obey_step_screen(command)

    def _obey_step_screen(self, command: Command) -> None:
        if not isinstance(command, WalkthroughCommand):
            raise TypeError(f"unknown command {command!r}")
        # The step screen covers all views: whoever looks at them again asks for them.
        self._wanted = NO_VIEWS
        if self._trainer is not None:
            self._come_to_rest()
            before = self._trainer.iteration, self._trainer.non_finite
            self._desk.obey(command, self._trainer)
            if (self._trainer.iteration, self._trainer.non_finite) != before:
                self._report(requested=False)

    def _start(self, hyperparameters: Hyperparameters) -> None:
        self._send(LoadingStarted(hyperparameters.dataset))
        try:
            trainer = self._loader.new(hyperparameters)
        except RefusedError as error:
            self._refuse(error.field, error)
            return
        self._records.begin(self._trainer)
        self._take(trainer, Stopwatch(self._clock))

    def _resume(self, run_id: str) -> None:
        self._send(LoadingStarted(run_id))
        try:
            opened = self._records.open(run_id, self._loader.load)
        except (RunError, DatasetError, NotEnoughMemoryError) as error:
            self._refuse("", error)
            return
        self._records.go_on(opened, self._trainer)
        run = opened.run
        self._take(run.trainer, Stopwatch(self._clock, run.elapsed, run.trainer.iteration))

    def _take(self, trainer: Trainer, stopwatch: Stopwatch) -> None:
        self._trainer = trainer
        self._goal = None
        self._desk.drop_work()
        self._stopwatch = stopwatch
        self._report(requested=False)

    def _apply_live(self, name: str, value: Any) -> None:
        trainer = self._trainer
        if trainer is None:
            return
        try:
            wanted = trainer.hyperparameters.with_value(name, value)
            trainer.apply_live(wanted, available_memory())
        except (DatasetError, NotEnoughMemoryError) as error:
            self._refuse(name, error)
            return
        self._report(requested=False)

    def _refuse(self, field: str, error: Exception) -> None:
        self._send(Refused(field, str(error)))
        if self._trainer is not None:
            self._report(requested=False)

    def _run_towards(self, command: Command) -> None:
        trainer = self._trainer
        if trainer is None or trainer.finished or trainer.non_finite is not None:
            return
        self._desk.drop_work()
        start, start_epoch = trainer.iteration, int(trainer.epoch)
        match command:
            case RunIterations(count):
                self._goal = lambda t: is_over(t) or t.iteration >= start + count
            case RunToEpochEnd():
                self._goal = lambda t: is_over(t) or int(t.epoch) > start_epoch
            case _:
                self._goal = is_over
        self._next_due = self._clock()
        self._report(requested=False)

    def _report(self, *, requested: bool) -> None:
        trainer = self._trainer
        if trainer is None:
            return
        self._send(
            SnapshotTaken(
                SessionSnapshot(
                    training=trainer.snapshot(self._wanted),
                    state=self._state(trainer),
                    elapsed=self._stopwatch.elapsed,
                    iterations_per_second=self._stopwatch.rate(trainer.iteration),
                    speed_limit=self._speed_limit,
                    run_id=self._records.run_id,
                    not_saved=self._records.problem,
                ),
                requested,
            )
        )

    def _state(self, trainer: Trainer) -> RunState:
        if trainer.non_finite is not None:
            return RunState.STOPPED
        if trainer.finished:
            return RunState.FINISHED
        if self._goal is not None:
            return RunState.RUNNING
        return RunState.PAUSED if trainer.iteration else RunState.READY


def is_over(trainer: Trainer) -> bool:
    """Whether there is nothing left to train: all iterations made, or a value not finite."""
    return trainer.finished or trainer.non_finite is not None
