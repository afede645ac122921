"""The training side of a session: obeys commands between two iterations."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from tui_backprop.datasets import DatasetError
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.writer import RunStorage
from tui_backprop.session.goals import Goal, goal_of, is_over, state_of
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
    RunToEpochEnd,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
)
from tui_backprop.session.recording import RecordKeeper
from tui_backprop.session.speed_limit import SpeedLimit
from tui_backprop.session.stopwatch import Clock, Stopwatch
from tui_backprop.session.time_left import seconds_left
from tui_backprop.session.trainer_loader import RefusedError, TrainerLoader
from tui_backprop.session.walkthrough_worker import WalkthroughCommand, WalkthroughWorker
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import NotEnoughMemoryError, available_memory
from tui_backprop.training.trainer import Trainer
from tui_backprop.training.views.registry import NO_VIEWS

Inbox = SimpleQueue[Command | None]
"""Commands in order; None when there will be no more."""


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
        self._wanted = NO_VIEWS
        self._speed = SpeedLimit(clock)
        self._stopwatch = Stopwatch(clock)
        self._records = RecordKeeper(storage, lambda: self._stopwatch.elapsed)
        self._walkthrough = WalkthroughWorker(send, clock, record=self._records.record)

    def run(self) -> None:
        """Obey and train until the inbox says None."""
        while True:
            if self._has_work():
                self._train_until_told()
            while self._walkthrough.busy and self._inbox.empty():
                self._walkthrough.work()
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
        if self._walkthrough.busy:
            return 0.0
        if not self._has_work():
            return self._records.seconds_to_wait
        return self._speed.seconds_to_wait

    def _train_until_told(self) -> None:
        """Train until a command waits, the goal is reached, or the next iteration is not due."""
        trainer, goal = self._trainer, self._goal
        assert trainer is not None
        nobody_waits, work, record = self._inbox.empty, trainer.work, self._records.record
        limited = self._speed.per_second is not None
        self._stopwatch.start()
        while nobody_waits():
            self._stopwatch.note(evaluating=trainer.evaluating)
            if trainer.evaluating:
                work()
                record(trainer)
                continue
            if goal is None or goal(trainer):
                self._come_to_rest()
                return
            if limited and not self._speed.take_turn():
                return
            work()
            record(trainer)

    def _come_to_rest(self) -> None:
        self._goal = None
        self._stopwatch.stop()
        self._report(requested=False)

    def _save_rest(self) -> None:
        """Save a run that has come to rest, and tell of it if that fails or works again."""
        if self._trainer is None or self._has_work() or self._walkthrough.busy:
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
                self._speed.change(limit)
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
            self._walkthrough.obey(command, self._trainer)
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
        self._walkthrough.drop_work()
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

    def _run_towards(self, command: Run | RunIterations | RunToEpochEnd) -> None:
        trainer = self._trainer
        if trainer is None or is_over(trainer):
            return
        self._walkthrough.drop_work()
        self._goal = goal_of(command, trainer)
        self._speed.begin()
        self._report(requested=False)

    def _report(self, *, requested: bool) -> None:
        trainer = self._trainer
        if trainer is None:
            return
        self._send(
            SnapshotTaken(
                SessionSnapshot(
                    training=trainer.snapshot(self._wanted),
                    state=state_of(trainer, self._goal),
                    elapsed=self._stopwatch.elapsed,
                    iterations_per_second=self._stopwatch.rate(trainer.iteration),
                    seconds_left=seconds_left(self._stopwatch, trainer),
                    speed_limit=self._speed.per_second,
                    run_id=self._records.run_id,
                    not_saved=self._records.problem,
                ),
                requested,
            )
        )
