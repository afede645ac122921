"""What passes between a step screen and the training process: traces and gradient checks."""

from dataclasses import dataclass

from tui_backprop.nn.operation import Index
from tui_backprop.session.messages import Command, Event
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import NonFinite
from tui_backprop.walkthrough.full_check import NetCheck
from tui_backprop.walkthrough.gradient_check import CellCheck
from tui_backprop.walkthrough.tape import Tape


@dataclass(frozen=True, slots=True)
class TakeTrace(Command):
    """Stop between two iterations and trace the minibatch that comes next."""


@dataclass(frozen=True, slots=True)
class CommitTrace(Command):
    """Make the iteration that was traced, and trace the one after it.

    Where `iteration` is not the one that comes next, only the next one's trace is taken.
    """

    iteration: int


@dataclass(frozen=True, slots=True)
class CheckCell(Command):
    """Check the gradient of one entry of a parameter, at every step size of the walkthrough's."""

    key: str
    index: Index


@dataclass(frozen=True, slots=True)
class CheckNet(Command):
    """Check the gradient of every entry of every parameter at step size `h`."""

    h: float


@dataclass(frozen=True, slots=True)
class DropCheck(Command):
    """Forget an unfinished CheckNet: nobody looks at it any more."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A tape of a run that is trained, and where in that run it stands.

    `iteration` is the one that was traced. `settings` are the run's hyperparameters. `stopped` says
    why the iteration could not be made, if it was tried.
    """

    tape: Tape
    iteration: int
    iterations: int
    learning_rate: float
    dataset: str
    net_title: str
    settings: Hyperparameters
    stopped: NonFinite | None


@dataclass(frozen=True, slots=True)
class TraceTaken(Event):
    """The answer to TakeTrace, and (`after_commit`) to CommitTrace."""

    traced: Traced
    after_commit: bool = False


@dataclass(frozen=True, slots=True)
class CellChecked(Event):
    """The answer to CheckCell: one check for each step size."""

    checks: tuple[CellCheck, ...]


@dataclass(frozen=True, slots=True)
class NetChecked(Event):
    """How far CheckNet has come, a few times a second and when it is done."""

    check: NetCheck
