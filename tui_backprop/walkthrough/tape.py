"""The tape: one minibatch's iteration as an immutable sequence of steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.losses.loss import Targets
from tui_backprop.nn.losses.sigmoid_with_loss import SigmoidWithLoss
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay


class Phase(Enum):
    """The four parts of an iteration, in their order."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class Origin(Enum):
    """Where an array on the tape comes from."""

    STEP = "a step"
    MINIBATCH = "the minibatch"
    PARAMETER = "a parameter"
    STATE = "state, kept from iteration to iteration"
    DRAWN = "drawn at random for this pass"
    CONSTANT = "a hyperparameter"
    AFTER_UPDATE = "a second forward pass, with the updated parameters"


@dataclass(frozen=True, eq=False)
class NamedArray:
    """An array on the tape, read-only, in the training dtype; a loss and constants in float64.

    `symbol` is its name in the operation's formula (x, dout, W); `label` its name in the network
    (Relu1.out, dy, W2). `step` is the number of the step that made it, None for a leaf.
    Losses and constants have shape ().
    """

    symbol: str
    label: str
    array: Array
    origin: Origin
    step: int | None = None

    def __post_init__(self) -> None:
        self.array.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Unpickled arrays are writable: they have to come through __post_init__ again.
        return NamedArray, (self.symbol, self.label, self.array, self.origin, self.step)


@dataclass(frozen=True, eq=False)
class Step:
    """One operation on the tape; `number` counts from 1.

    `layer` is Affine1, Relu1, …, the loss's or the optimizer's name; `title` says which
    pass of it this is. `formula` is the operation's, with the parameter's own name in an update;
    `names` has how its terms call what the operation has another symbol for. `samplewise` says
    whether each sample of its layer's out depends on the same sample of x alone.
    """

    number: int
    phase: Phase
    layer: str
    title: str
    formula: str
    operation: Operation
    inputs: tuple[NamedArray, ...]
    output: NamedArray
    names: Mapping[str, str] = field(default_factory=dict)
    samplewise: bool = True

    @property
    def shapes(self) -> str:
        """The formula in shapes, as "(50,100)·(100,10) → (50,10)"."""
        shapes = {named.symbol: named.array.shape for named in self.inputs}
        return self.operation.shapes_text(shapes, self.output.array.shape)

    @property
    def arrays(self) -> dict[str, Array]:
        """The inputs' arrays by their symbols."""
        return {named.symbol: named.array for named in self.inputs}

    @property
    def is_of_decay(self) -> bool:
        """Whether this is a step of weight decay, which no sample has a share in."""
        return self.layer == WeightDecay.NAME

    @property
    def data_gradient(self) -> int | None:
        """The step that made the data's part of a gradient, if this one adds the decay to it."""
        named = self.input("dW") if self.is_of_decay else None
        return None if named is None else named.step

    def input(self, symbol: str) -> NamedArray | None:
        """Return the input of that symbol, or None where it has no array (the N of a mean)."""
        return next((named for named in self.inputs if named.symbol == symbol), None)


class PhaseSpan(NamedTuple):
    """The numbers of a phase's first and last step."""

    phase: Phase
    first: int
    last: int


@dataclass(frozen=True)
class Prediction:
    """The batch's loss before and after the update, and what first order foretold.

    `changes` holds of each parameter the sum of gradient times update over all its entries, which
    for plain gradient descent is −η‖dW‖².
    """

    loss_before: float
    loss_after: float
    changes: tuple[tuple[str, float], ...]

    @property
    def change(self) -> float:
        """The loss's change to first order."""
        return sum(change for _, change in self.changes)

    @property
    def loss_predicted(self) -> float:
        """The loss after the update, were the loss a straight line."""
        return self.loss_before + self.change


@dataclass(frozen=True, eq=False)
class Tape:
    """The steps of one iteration. `targets` (N, …) holds what each sample should have come to.

    Numbers of steps that do not exist raise IndexError.
    """

    steps: tuple[Step, ...]
    targets: Targets
    prediction: Prediction

    def __post_init__(self) -> None:
        self.targets.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Tape, (self.steps, self.targets, self.prediction)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def sample_count(self) -> int:
        """N, the samples of the minibatch."""
        return len(self.targets)

    @property
    def x(self) -> Array:
        """The minibatch's samples, shape (N, inputs)."""
        return self.steps[0].arrays["x"]

    @property
    def y(self) -> Array:
        """What is predicted, shape (N, outputs): of classes, their probabilities."""
        return self.find("y").output.array

    @property
    def data_loss(self) -> Step:
        """The step that made the loss that the data make, whatever weights cost beside it."""
        return next(
            step
            for step in self.steps
            if step.phase is Phase.LOSS and step.operation.output == "loss"
        )

    @property
    def predictions(self) -> Array:
        """What is predicted as a person reads it: y, but both of two classes told by one output."""
        if self.find("y").layer != SigmoidWithLoss.__name__:
            return self.y
        return np.concatenate([1 - self.y, self.y], axis=1)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The training dtype: what every array was computed in."""
        return self.x.dtype

    @property
    def first_non_finite(self) -> Step | None:
        """The first step with a nan or an infinity in its output: no update can be applied then."""
        for step in self.steps:
            if not np.isfinite(step.output.array).all():
                return step
        return None

    def step(self, number: int) -> Step:
        """Return the step of that number, 1 to the tape's length."""
        if not 1 <= number <= len(self.steps):
            raise IndexError(f"step {number}: must be from 1 to {len(self.steps)}")
        return self.steps[number - 1]

    def find(self, label: str) -> Step:
        """Return the step that made the array of that label.

        Raises:
            KeyError: no step made it.
        """
        for step in self.steps:
            if step.output.label == label:
                return step
        raise KeyError(f"no step of the tape makes {label}")

    def parameter_of_gradient(self, number: int) -> str | None:
        """Return the parameter whose gradient a step makes, None where it makes another array."""
        step = self.step(number)
        key = step.output.label.removeprefix("d")
        is_gradient = step.phase is Phase.BACKWARD and any(
            named.label == key and named.origin is Origin.PARAMETER
            for other in self.steps
            for named in other.inputs
        )
        return key if is_gradient else None

    def is_by_sample(self, named: NamedArray) -> bool:
        """Whether each row of an array, or each entry along its first axis, is of one sample."""
        if named.array.ndim < 2 or len(named.array) != self.sample_count:
            return False
        if named.step is None:
            return named.origin in (Origin.MINIBATCH, Origin.DRAWN, Origin.AFTER_UPDATE)
        step = self.step(named.step)
        return step.phase is not Phase.UPDATE and self.parameter_of_gradient(step.number) is None

    def phases(self) -> tuple[PhaseSpan, ...]:
        """Return the phases in their order, each with its first and last step."""
        spans = []
        for phase in Phase:
            numbers = [step.number for step in self.steps if step.phase is phase]
            spans.append(PhaseSpan(phase, numbers[0], numbers[-1]))
        return tuple(spans)

    def next_phase(self, number: int) -> int:
        """Return the first step of the phase after this step's, or in the last one its last."""
        phase = self.step(number).phase
        later = (step.number for step in self.steps[number:] if step.phase is not phase)
        return next(later, len(self.steps))

    def previous_phase(self, number: int) -> int:
        """Return the first step of this step's phase, or of the one before if it is that."""
        firsts = [span.first for span in self.phases()]
        return max((first for first in firsts if first < self.step(number).number), default=1)
