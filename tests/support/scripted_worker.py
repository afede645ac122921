"""A Worker driven in this thread: commands arrive by a script, and time passes as it is told."""

from dataclasses import dataclass, field, replace
from queue import Empty
from typing import Any, cast

from tui_backprop.session.messages import (
    Command,
    Event,
    Run,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
)
from tui_backprop.session.worker import Inbox, Worker
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.training.trainer import Trainer

SPIRAL = Hyperparameters(
    dataset="spiral", hidden=(8,), batch_size=30, learning_rate=0.5, iterations=60
)
"""A run of 60 iterations, 6 epochs, in a few milliseconds."""

DIVERGING = replace(SPIRAL, hidden=(8, 8, 8), weight_std=1.0, learning_rate=1e4)
"""A run that reaches a non-finite value in its first few iterations, but not in the first."""


@dataclass(frozen=True)
class Line:
    """A command and when it arrives: at an iteration, at a time, or when the worker rests."""

    command: Command | None
    iteration: int | None
    seconds: float | None


@dataclass
class ScriptedWorker:
    """Plays a script to a Worker whose clock moves only by `tick` a look, and by its waiting."""

    tick: float = 0.0
    now: float = 0.0
    events: list[Event] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._script: list[Line] = []
        self.worker = Worker(cast(Inbox, self), self._send, lambda: self.now)

    def say(
        self, *commands: Command | None, iteration: int | None = None, seconds: float | None = None
    ) -> None:
        """Have commands arrive, after those before them."""
        self._script += [Line(command, iteration, seconds) for command in commands]

    def play(self) -> None:
        """Run the worker until the script has ended and the worker rests."""
        self.worker.run()

    @property
    def trainer(self) -> Trainer:
        """The worker's trainer, to compare its parameters with."""
        trainer = self.worker._trainer
        assert trainer is not None
        return trainer

    @property
    def snapshots(self) -> list[SessionSnapshot]:
        """Every snapshot sent."""
        return [event.snapshot for event in self.events if isinstance(event, SnapshotTaken)]

    @property
    def states(self) -> list[RunState]:
        """The states reported, repetitions left out."""
        reported = [snapshot.state for snapshot in self.snapshots]
        return [s for n, s in enumerate(reported) if n == 0 or s is not reported[n - 1]]

    def empty(self) -> bool:
        """Say whether no command has arrived; a part of the inbox the worker sees."""
        self.now += self.tick
        return not self._has_arrived()

    def get(self, timeout: float | None = None) -> Command | None:
        """Return the next command, or let the time pass; a part of the inbox the worker sees."""
        if not self._has_arrived():
            self.waits.append(timeout)
            if timeout is not None:
                self.now += timeout
                raise Empty
        return self._script.pop(0).command if self._script else None

    def _has_arrived(self) -> bool:
        if not self._script:
            return False
        line, trainer = self._script[0], self.worker._trainer
        if line.iteration is not None:
            return trainer is not None and trainer.iteration >= line.iteration
        return line.seconds is not None and self.now >= line.seconds

    def _send(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(self.now)


def snapshots(*iterations: int) -> list[SessionSnapshot]:
    """Return what a worker tells of SPIRAL at these iterations."""
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), Run())
    for iteration in iterations:
        worker.say(TakeSnapshot(), iteration=iteration)
    worker.play()
    return [e.snapshot for e in worker.events if isinstance(e, SnapshotTaken) and e.requested]


def with_view(training: Snapshot, **values: object) -> Snapshot:
    """Return a snapshot with other values of some of its views."""
    return replace(training, views={**training.views, **values})


def bits(trainer: Trainer) -> dict[str, Any]:
    """Return all that a run comes to, comparable with ==."""
    return {
        **{key: value.tobytes() for key, value in trainer.net.params.items()},
        "losses": trainer.losses.curve(),
        "accuracies": trainer.evaluations.points(),
        "iteration": trainer.iteration,
    }
