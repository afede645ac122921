"""What a screen or a log can know of a trainer at one moment: frozen, plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tui_backprop.settings.hyperparameters import Hyperparameters


class Verdict(StrEnum):
    """What a row of the statistics says of its layer, in a word. A layer may have words of its own.

    All but NONE, FINE and IDLE are alarming.
    """

    NONE = ""
    FINE = "ok"
    VANISHING = "vanishing"
    EXPLODING = "exploding"
    ZERO = "zero"
    NOT_FINITE = "not finite"
    IDLE = "idle"

    @classmethod
    def is_alarming(cls, verdict: str) -> bool:
        """Whether a row with this verdict should stand out."""
        return verdict not in (cls.NONE, cls.FINE, cls.IDLE)


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
    verdict: str
    trend: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ActivationStatistics:
    """What a layer says of its activations in the last minibatch.

    The `share` of its units, 0 to 1, are as the word `measure` says; None before the first
    iteration. The catalogue of layers has what measures and verdicts mean.
    """

    layer: str
    units: int
    measure: str
    share: float | None
    verdict: str


LayerStatistics = ParameterStatistics | ActivationStatistics


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The task's metric on the full training and test sets after `iteration` iterations."""

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
    """The trainer between two iterations. `loss` is the last minibatch's, in the task's unit.

    `task` is a name in `tui_backprop.settings.tasks`. `views` has the values of the views that were
    wanted, by name: one that is missing was not asked for, and whoever shows it keeps what it
    shows.
    """

    hyperparameters: Hyperparameters
    dataset: str
    task: str
    net_title: str
    train_size: int
    test_size: int
    iteration: int
    epoch: float
    evaluating: bool
    finished: bool
    loss: float | None
    non_finite: NonFinite | None
    views: Mapping[str, Any] = field(default_factory=dict)
