"""What a screen or a log can know of a trainer at one moment: frozen, plain values."""

from dataclasses import dataclass
from enum import Enum

from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.curve import Curve


class Verdict(Enum):
    """What a row of the statistics says of its layer, in a word."""

    NONE = ""
    FINE = "ok"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    ZERO = "zero"
    DYING = "dying"
    NOT_FINITE = "not finite"


@dataclass(frozen=True, slots=True)
class ParameterStatistics:
    """One parameter after the last iteration. Norms are Euclidean; n is its number of entries.

    What the gradient decides is None before the first iteration, and `update_ratio` also where
    the parameter itself is 0.
    """

    layer: str
    name: str
    shape: tuple[int, ...]
    norm: float
    gradient_norm: float | None
    gradient_rms: float | None
    update_ratio: float | None
    verdict: Verdict
    trend: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ActivationStatistics:
    """One ReLU layer in the last minibatch: the share of its units that were 0 for every sample."""

    layer: str
    units: int
    dead_share: float | None
    verdict: Verdict


LayerStatistics = ParameterStatistics | ActivationStatistics


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy on the full training and test sets after `iteration` iterations, 0 to 1."""

    iteration: int
    epoch: float
    train: float
    test: float


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Why training stopped: the first value that was not finite.

    `iteration` is the one that was not made, `where` the layer or parameter, `what` its array.
    """

    iteration: int
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The trainer between two iterations. `loss` is the last minibatch's, in nats."""

    hyperparameters: Hyperparameters
    dataset: str
    layer_sizes: tuple[int, ...]
    train_size: int
    test_size: int
    iteration: int
    epoch: float
    evaluating: bool
    finished: bool
    loss: float | None
    loss_curve: Curve
    evaluations: tuple[Evaluation, ...]
    layers: tuple[LayerStatistics, ...]
    non_finite: NonFinite | None
