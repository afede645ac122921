"""What passes between a screen and the training process: commands in, events out. Plain values."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.training.views.registry import ALL_VIEWS


class Command:
    """Something a screen asks of the training process."""


@dataclass(frozen=True, slots=True)
class Start(Command):
    """Load the data set if needed and make a new net; training waits for Run.

    If it cannot be done, the net there was before stays in force.
    """

    hyperparameters: Hyperparameters


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Go back to the last checkpoint of a stored run; "latest" is the newest.

    If it cannot be done, the net there was before stays in force, and Refused has no field.
    """

    run_id: str


@dataclass(frozen=True, slots=True)
class Run(Command):
    """Train until the run is finished or another command stops it."""


@dataclass(frozen=True, slots=True)
class RunIterations(Command):
    """Train for `count` iterations, then pause."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class RunToEpochEnd(Command):
    """Train to the end of the epoch and its evaluation, then pause."""


@dataclass(frozen=True, slots=True)
class Pause(Command):
    """Stop between two iterations."""


@dataclass(frozen=True, slots=True)
class LimitSpeed(Command):
    """Make at most this many iterations a second; None is full speed."""

    iterations_per_second: float | None


@dataclass(frozen=True, slots=True)
class ApplyLive(Command):
    """Use this value of the hyperparameter `name`, which applies live, from the next iteration on.

    One alone: whoever asks may not have seen yet what came of asking for another.
    """

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class TakeSnapshot(Command):
    """Answer with one SnapshotTaken: the screen is ready to paint.

    `wanted` names the views that it shall hold. Those that are sent unasked later hold the same
    ones, so that what is on screen moves and rests with the run.
    """

    wanted: frozenset[str] = ALL_VIEWS


class RunState(Enum):
    """What the training process is doing, in a word a screen can show."""

    LOADING = "loading"
    READY = "ready"
    RUNNING = "training"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    STOPPED = "stopped"


class Event:
    """Something the training process tells its screen."""


@dataclass(frozen=True, slots=True)
class LoadingStarted(Event):
    """The data set named is being loaded."""

    dataset: str


@dataclass(frozen=True, slots=True)
class Watching:
    """How a run is watched: whether a process holds it, and the seconds that it has been silent."""

    trained: bool
    silent_seconds: int = 0


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """A trainer's snapshot with what only the process around it knows.

    `elapsed` counts the seconds spent training; `iterations_per_second` is the recent rate, None
    until there is one; `speed_limit` is in iterations per second, None at full speed. `run_id` is
    that of the stored run, None before its first iteration; `not_saved` is a line that says why
    the run is not being saved, empty while it is. A run that another process trains is `watched`,
    which says how; its `not_saved` tells what of it cannot be read. `seconds_left` counts the
    evaluations to come too, None where they are not known.
    """

    training: Snapshot
    state: RunState
    elapsed: float
    iterations_per_second: float | None
    speed_limit: float | None
    run_id: str | None = None
    not_saved: str = ""
    watched: Watching | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class SnapshotTaken(Event):
    """The state of the run, on request or because it has changed by itself."""

    snapshot: SessionSnapshot
    requested: bool


class Refusal(Enum):
    """Why a command could not be carried out."""

    READ_ONLY = "read only"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """A command could not be carried out.

    `field` is the hyperparameter to blame, or empty; `cause` the line of the error that it ran
    into, empty where there was none.
    """

    field: str
    cause: str
    refusal: Refusal = Refusal.ERROR


@dataclass(frozen=True, slots=True)
class WorkerEnded(Event):
    """The training process is gone. `error` is its last word, if it had one."""

    exit_code: int | None
    error: str
