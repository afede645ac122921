"""Keeps a run on disk while it trains: what is due, and when."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.format.checkpoint import Checkpoint
from tui_backprop.runs.format.config import DataDescription, RunConfig
from tui_backprop.runs.format.layers import layers_line
from tui_backprop.runs.format.metrics import metrics_line
from tui_backprop.runs.metrics_log import MetricsLog
from tui_backprop.runs.resuming import ResumedRun
from tui_backprop.runs.trainer_state import capture
from tui_backprop.runs.writer import RunStorage, RunWriter
from tui_backprop.training.trainer import Trainer

FIRST_CHECKPOINT_SECONDS = 0.5
"""When the first checkpoint comes."""

CHECKPOINT_SECONDS = 5.0
"""Least time between two checkpoints that nobody asked for, once it has doubled up to that."""

LAYERS_SECONDS = 1.0
"""Least time between two lines of rows by layer: who watches a run sees its gradients move."""

SHARE = 0.01
"""Largest share of the time that each of these may take: those of a large net come less often."""

LOOK_SECONDS = 0.05

LIFE_SECONDS = 1.0
"""Time between two signs of life, for stretches in which there is nothing else to write."""


class RunRecorder:
    """Records one run. Its directory is made at the run's first iteration, not before.

    Call `record` between any two pieces of the trainer's work, `save` when training comes to rest
    or ends, `close` at last. None of them raises for what is wrong with the disk: `problem` says
    so, training goes on, and writing is tried again every few seconds.

    Args:
        storage: where to write, and the clocks.
        elapsed: returns the seconds spent training.
        directory: of a run that goes on; None for a new one.
        resumed: the run that goes on.
    """

    def __init__(
        self,
        storage: RunStorage,
        elapsed: Callable[[], float],
        directory: RunDirectory | None = None,
        resumed: ResumedRun | None = None,
    ) -> None:
        self._clock = storage.clock
        self._elapsed = elapsed
        self._writer = RunWriter(storage, directory)
        self._resumed = resumed is not None
        self._data = resumed.data if resumed else None
        self._id = resumed.id if resumed else ""
        self._log = MetricsLog(storage.now, resumed)
        self._begun = False
        self._next_look = self._next_layers = self._next_sign = float("-inf")
        self._checkpoint_gap = min(FIRST_CHECKPOINT_SECONDS, CHECKPOINT_SECONDS)
        self._next_checkpoint = storage.clock() + self._checkpoint_gap
        self._checkpointed = _position(resumed.trainer) if resumed else ()
        self._saved = resumed.trainer.iteration if resumed and resumed.has_checkpoint else None
        self._rows_of: int | None = None
        self._noted: tuple[object, ...] = ()

    @property
    def directory(self) -> RunDirectory | None:
        """The run's directory, once it has one."""
        return self._writer.directory

    @property
    def run_id(self) -> str | None:
        """The run's id, once it has a directory."""
        return self.directory.path.name if self.directory else None

    @property
    def problem(self) -> str:
        """Why the run is not being saved, for a person to read; empty while it is."""
        return self._writer.problem

    @property
    def saved_iteration(self) -> int | None:
        """The iteration of the newest checkpoint on disk, None where there is none."""
        return self._saved

    def record(self, trainer: Trainer) -> None:
        """Write what is due, which most of the time is nothing."""
        now, log = self._clock(), self._log
        # The first iteration is looked at itself: it tells what the run was started with.
        first = self.directory is None and trainer.iteration == 1
        looks = now >= self._next_look or first
        # Whatever has a point is noted at once, as its loss is known only now.
        due = trainer.iteration >= log.due or trainer.evaluations.seen >= log.due_evaluation
        if not (looks or due) or not self._begins(trainer):
            return
        if not trainer.evaluating:
            log.note(trainer, self._elapsed())
        if looks:
            self._next_look = now + LOOK_SECONDS
            if self.directory is not None and now >= self._next_sign:
                self._next_sign = now + LIFE_SECONDS
                self.directory.show_life()
            log.note_settings(trainer)
            if self._writer.waits:
                log.drop_surplus()
            else:
                layers, checkpoint = now >= self._next_layers, now >= self._next_checkpoint
                self._write(trainer, layers=layers, checkpoint=checkpoint)

    def save(self, trainer: Trainer, event: str) -> None:
        """Write everything, and that `event` happened: paused, finished, diverged, interrupted.

        A run that diverged keeps the checkpoint from before it did.
        """
        position = _position(trainer)
        noted = (position, event)
        if not self._begins(trainer) or not trainer.iteration:
            return
        if noted == self._noted and not self.problem:
            return
        if noted != self._noted:
            self._noted = noted
            self._log.note_settings(trainer)
            self._log.note(trainer, self._elapsed(), at_once=True)
            stop = trainer.non_finite
            more = {"where": stop.where, "what": stop.what} if stop else {}
            self._log.add_event(event, trainer.iteration, **more)
        self._write(trainer, layers=True, checkpoint=position != self._checkpointed)

    def close(self) -> None:
        """Let other processes have the run."""
        self._writer.close()

    def _begins(self, trainer: Trainer) -> bool:
        """Whether there is anything to record; the first time, note how the run began."""
        if not self._begun and (not self._resumed or _position(trainer) != self._checkpointed):
            self._begun = True
            self._log.add_beginning()
        return self._begun

    def _write(self, trainer: Trainer, *, layers: bool, checkpoint: bool) -> None:
        if self.directory is None and not trainer.iteration:
            return
        # Where writing has failed, a new checkpoint stands for what may have been lost.
        checkpoint = (checkpoint or bool(self.problem)) and trainer.non_finite is None
        layers = layers and trainer.iteration != self._rows_of

        def write(directory: RunDirectory) -> None:
            if self._log.waiting:
                directory.append_metrics(b"".join(map(metrics_line, self._log.waiting)))
                self._log.waiting.clear()
            if checkpoint:
                self._write_checkpoint(directory, trainer)
            if layers:
                self._write_layers(directory, trainer)

        if self._log.waiting or checkpoint or layers:
            self._writer.write(write, lambda run_id, now: self._config(run_id, now, trainer))

    def _write_checkpoint(self, directory: RunDirectory, trainer: Trainer) -> None:
        began = self._clock()
        state = capture(trainer)
        data = asdict(self._describe(trainer))
        more = {"run": self._id, "elapsed": self._elapsed(), "data": data}
        directory.write_checkpoint(Checkpoint(state.arrays, state.values | more))
        took = self._clock() - began
        self._checkpointed, self._saved = _position(trainer), trainer.iteration
        self._checkpoint_gap = min(2 * self._checkpoint_gap, CHECKPOINT_SECONDS)
        self._next_checkpoint = began + took + max(self._checkpoint_gap, took / SHARE)

    def _write_layers(self, directory: RunDirectory, trainer: Trainer) -> None:
        began = self._clock()
        directory.append_layers(layers_line(trainer.iteration, trainer.layer_rows()))
        took = self._clock() - began
        self._rows_of = trainer.iteration
        self._next_layers = began + took + max(LAYERS_SECONDS, took / SHARE)

    def _describe(self, trainer: Trainer) -> DataDescription:
        if self._data is None:
            settings = trainer.hyperparameters
            self._data = DataDescription.of(settings.dataset, settings.target, trainer.dataset)
        return self._data

    def _config(self, run_id: str, now: datetime, trainer: Trainer) -> RunConfig:
        self._id, settings = run_id, self._log.first_settings or trainer.hyperparameters
        return RunConfig(run_id, now, self._describe(trainer), settings)


def resting_event(trainer: Trainer) -> str:
    """Return the event to save when training has come to rest."""
    if trainer.non_finite is not None:
        return "diverged"
    return "finished" if trainer.finished else "paused"


def _position(trainer: Trainer) -> tuple[object, ...]:
    """Return what differs wherever a checkpoint would."""
    newest = trainer.evaluations.newest
    return trainer.iteration, trainer.evaluating, trainer.hyperparameters, newest
