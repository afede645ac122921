"""Keeps a run on disk while it trains: when to write, and what to do when that fails."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.config import DataDescription, RunConfig
from tui_backprop.runs.format.metrics import metrics_line
from tui_backprop.runs.location import new_run_id
from tui_backprop.runs.metrics_log import MetricsLog
from tui_backprop.runs.resuming import ResumedRun
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.trainer_state import TrainerState, capture
from tui_backprop.training.trainer import Trainer

FIRST_CHECKPOINT_SECONDS = 0.5
"""When the first checkpoint comes: who watches a run sees its gradients from then on."""

CHECKPOINT_SECONDS = 5.0
"""Least time between two checkpoints that nobody asked for, once it has doubled up to that."""

CHECKPOINT_SHARE = 0.01
"""Largest share of the time such checkpoints may take: those of a large net come less often."""

RETRY_SECONDS = 5.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Surroundings:
    """What the recorder needs of the world.

    Args:
        runs: the directory of all runs.
        clock: seconds that only grow.
        now: the time of day, with its zone.
        entropy: returns so many random bytes.
        files: what writes.
    """

    runs: Path
    clock: Callable[[], float]
    now: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    files: RunFiles = field(default_factory=RunFiles)


class RunRecorder:
    """Records one run. Its directory is made at the run's first iteration, not before.

    Call `record` between any two pieces of the trainer's work, `save` when training comes to rest
    or ends, `close` at last. None of them raises for what is wrong with the disk: `problem` says
    so, training goes on, and writing is tried again every few seconds.

    Args:
        surroundings: where to write, and the clocks.
        elapsed: returns the seconds spent training.
        directory: of a run that goes on; None for a new one.
        resumed: the run that goes on.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        elapsed: Callable[[], float],
        directory: RunDirectory | None = None,
        resumed: ResumedRun | None = None,
    ) -> None:
        self._world = surroundings
        self._elapsed = elapsed
        self._directory = directory
        self._resumed = resumed is not None
        self._data = resumed.data if resumed else None
        self._begins_at = resumed.trainer.iteration if resumed else 0
        self._log = MetricsLog(surroundings.now, resumed)
        self._begun = False
        self._next_look = float("-inf")
        self._checkpoint_gap = min(FIRST_CHECKPOINT_SECONDS, CHECKPOINT_SECONDS)
        self._next_checkpoint = surroundings.clock() + self._checkpoint_gap
        self._checkpointed = _position(resumed.trainer) if resumed else ()
        self._noted: tuple[object, ...] = ()
        self._fault = ""
        self._retry_at: float | None = None

    @property
    def directory(self) -> RunDirectory | None:
        """The run's directory, once it has one."""
        return self._directory

    @property
    def run_id(self) -> str | None:
        """The run's id, once it has a directory."""
        return self._directory.path.name if self._directory else None

    @property
    def problem(self) -> str:
        """Why the run is not being saved, for a person to read; empty while it is."""
        return f"not saved: {self._fault}" if self._fault else ""

    def record(self, trainer: Trainer) -> None:
        """Write what is due, which most of the time is nothing."""
        now, log = self._world.clock(), self._log
        # The first iteration is looked at itself: it tells what the run was started with.
        first = self._directory is None and trainer.iteration == 1
        looks = now >= self._next_look or first
        # Whatever has a point is noted at once, as its loss is known only now.
        due = trainer.iteration >= log.due or trainer.evaluations.seen >= log.due_evaluation
        if not (looks or due) or not self._begins(trainer):
            return
        if not trainer.evaluating:
            log.note(trainer, self._elapsed())
        if looks:
            self._next_look = now + LOOK_SECONDS
            log.note_settings(trainer)
            self._flush(trainer, now, checkpoint=now >= self._next_checkpoint)

    def save(self, trainer: Trainer, event: str) -> None:
        """Write everything, and that `event` happened: paused, finished, diverged, interrupted.

        A run that diverged keeps the checkpoint from before it did.
        """
        position = _position(trainer)
        noted = (position, event)
        if not self._begins(trainer) or not trainer.iteration:
            return
        if noted == self._noted and not self._fault:
            return
        now = self._world.clock()
        if noted != self._noted:
            self._noted = noted
            self._log.note_settings(trainer)
            self._log.note(trainer, self._elapsed(), at_once=True)
            stop = trainer.non_finite
            more = {"where": stop.where, "what": stop.what} if stop else {}
            self._log.add_event(event, trainer.iteration, **more)
        self._retry_at = None
        self._flush(trainer, now, checkpoint=position != self._checkpointed)

    def close(self) -> None:
        """Let other processes have the run."""
        if self._directory is not None:
            self._directory.close()

    def _begins(self, trainer: Trainer) -> bool:
        """Whether there is anything to record; the first time, note how the run began."""
        if not self._begun and (not self._resumed or _position(trainer) != self._checkpointed):
            self._begun = True
            self._log.add_event("resumed" if self._resumed else "started", self._begins_at)
        return self._begun

    def _flush(self, trainer: Trainer, now: float, *, checkpoint: bool) -> None:
        if self._directory is None and not trainer.iteration:
            return
        if self._retry_at is not None and now < self._retry_at:
            self._log.drop_surplus()
            return
        checkpoint = (checkpoint or bool(self._fault)) and trainer.non_finite is None
        if not (self._log.waiting or checkpoint):
            return
        try:
            self._write(trainer, checkpoint=checkpoint)
        except OSError as error:
            self._fail(printable(error.strerror or error), now)
        except (RunError, MemoryError) as error:
            self._fail(printable(error) or "out of memory", now)
        else:
            self._fault, self._retry_at = "", None

    def _fail(self, fault: str, now: float) -> None:
        self._fault, self._retry_at = fault, now + RETRY_SECONDS

    def _write(self, trainer: Trainer, *, checkpoint: bool) -> None:
        directory = self._directory or self._create(trainer)
        if self._log.waiting:
            directory.append_metrics(b"".join(map(metrics_line, self._log.waiting)))
            self._log.waiting.clear()
        if checkpoint:
            began = self._world.clock()
            state = capture(trainer)
            more = {"elapsed": self._elapsed(), "data": asdict(self._describe(trainer))}
            directory.write_checkpoint(TrainerState(state.arrays, state.values | more))
            took = self._world.clock() - began
            self._checkpointed = _position(trainer)
            self._checkpoint_gap = min(2 * self._checkpoint_gap, CHECKPOINT_SECONDS)
            wait = max(self._checkpoint_gap, took / CHECKPOINT_SHARE)
            self._next_checkpoint = began + took + wait

    def _describe(self, trainer: Trainer) -> DataDescription:
        if self._data is None:
            self._data = DataDescription.of(trainer.hyperparameters.dataset, trainer.dataset)
        return self._data

    def _create(self, trainer: Trainer) -> RunDirectory:
        world, now = self._world, self._world.now()
        run_id, data = new_run_id(now, world.entropy(4)), self._describe(trainer)
        settings = self._log.first_settings or trainer.hyperparameters
        config = RunConfig(run_id, now, data, settings)
        self._directory = RunDirectory.create(world.runs, config, world.files)
        return self._directory


def resting_event(trainer: Trainer) -> str:
    """Return the event to save when training has come to rest."""
    if trainer.non_finite is not None:
        return "diverged"
    return "finished" if trainer.finished else "paused"


def _position(trainer: Trainer) -> tuple[object, ...]:
    """Return what differs wherever a checkpoint would."""
    newest = trainer.evaluations.newest
    return trainer.iteration, trainer.evaluating, trainer.hyperparameters, newest
