"""The tape: one minibatch's iteration as an immutable sequence of steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from tui_backprop.nn.losses.loss import Targets
from tui_backprop.nn.losses.sigmoid_with_loss import SigmoidWithLoss
from tui_backprop.nn.operation import Index, Shape
from tui_backprop.walkthrough.step import NamedArray, Numbers, Origin, Phase, Step

__all__ = [
    "Disagreement",
    "NamedArray",
    "Origin",
    "Phase",
    "PhaseSpan",
    "Prediction",
    "SampleFacts",
    "Step",
    "Tape",
]


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


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What is known of the minibatch's samples beside their numbers; empty where it is not.

    `indices` are the samples' places in the data set. `image_shape` is how a sample becomes a
    picture, None where it is none. `output_names` are those of the classes, or of the numbers that
    are predicted.
    """

    indices: tuple[int, ...] = ()
    image_shape: tuple[int, int] | None = None
    output_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The first step whose result is not what its derivation makes of the very same arrays.

    `cell` is one that differs, `expected` what the derivation makes of it; where the shape
    differs there is no such cell, but a `shape` that the derivation makes.
    """

    step: int
    cell: Index | None = None
    expected: float = 0.0
    shape: Shape | None = None


@dataclass(frozen=True, eq=False)
class Tape:
    """The steps of one iteration, at least one.

    What a tape need not have is None, or empty: all but the steps. Three labels say what is shown
    beside them: a step of the loss's phase that makes `y` makes the predictions, one whose
    operation's output is `loss` the loss, one that makes `dy` the gradient at the scores. d and a
    parameter's label is the label of its gradient.

    Args:
        steps: numbered from 1.
        targets: (N, …), what each sample should have come to: classes, or numbers.
        prediction: what the update did to the loss.
        facts: what else is known of the samples.
        disagreement: where derivation and code disagree first, as `disagreement.compared` finds.

    Raises:
        ValueError: there is no step. Numbers of steps that do not exist raise IndexError.
    """

    steps: tuple[Step, ...]
    targets: Targets | None = None
    prediction: Prediction | None = None
    facts: SampleFacts = SampleFacts()
    disagreement: Disagreement | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a tape has at least one step")
        if self.targets is not None:
            self.targets.setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        kept = self.steps, self.targets, self.prediction, self.facts, self.disagreement
        return Tape, kept

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @cached_property
    def input(self) -> NamedArray | None:
        """The minibatch's samples, (N, …); None where no step reads any."""
        read = (named for step in self.steps for named in step.inputs)
        return next((n for n in read if n.origin is Origin.MINIBATCH and n.label != "t"), None)

    @cached_property
    def sample_count(self) -> int:
        """N, the samples of the minibatch; 0 where that is not known.

        Nor is it where what is read first has another length than the targets: it was turned.
        """
        arrays = [self.targets, None if self.input is None else self.input.array]
        lengths = {array.shape[:1] for array in arrays if array is not None}
        (length,) = lengths if len(lengths) == 1 else ((),)
        return length[0] if length else 0

    @property
    def x(self) -> Numbers | None:
        """The minibatch's samples, shape (N, …), if they are there."""
        return None if self.input is None or self.input.missing else self.input.array

    @cached_property
    def y(self) -> Numbers | None:
        """What is predicted, shape (N, outputs): of classes, their probabilities."""
        step = self.made("y")
        if step is None or step.phase is not Phase.LOSS or step.output.missing:
            return None
        array = step.output.array
        return array if array.ndim == 2 and len(array) == self.sample_count else None

    @cached_property
    def predictions(self) -> Numbers | None:
        """What is predicted as a person reads it: y, but both of two classes told by one output."""
        return self._as_read(self.y)

    def predictions_after_update(self, number: int) -> Numbers | None:
        """The same of y′, if a step reads that: what the updated parameters predict."""
        named = next((named for named in self.step(number).inputs if named.label == "y′"), None)
        return None if named is None else self._as_read(named.array)

    def _as_read(self, y: Numbers | None) -> Numbers | None:
        step = self.made("y")
        if y is None or step is None or step.layer != SigmoidWithLoss.__name__:
            return y
        return np.concatenate([1 - y, y], axis=1)

    @cached_property
    def labels(self) -> Targets | None:
        """The class of each sample, shape (N,), where classes are predicted."""
        t, y = self.targets, self.predictions
        if t is None or y is None or t.shape != (len(y),) or t.dtype.kind not in "iu":
            return None
        return t if y.shape[1] > 1 and t.min() >= 0 and t.max() < y.shape[1] else None

    @cached_property
    def wanted(self) -> Targets | None:
        """The numbers that were to be predicted, (N, …), where it is numbers."""
        t, y = self.targets, self.predictions
        is_of_numbers = t is not None and y is not None and t.size == y.size
        return t if is_of_numbers and self.labels is None else None

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """The names of what is predicted, column by column: by default their numbers."""
        count = 0 if self.predictions is None else self.predictions.shape[1]
        names = self.facts.output_names
        return names if len(names) == count else tuple(map(str, range(count)))

    @cached_property
    def data_loss(self) -> Step | None:
        """The step that made the loss that the data make, whatever weights cost beside it."""
        loss = (step for step in self.steps if step.phase is Phase.LOSS)
        return next((step for step in loss if step.operation.output == "loss"), None)

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The training dtype: what the arrays were computed in."""
        arrays = (named.array for step in self.steps for named in (*step.inputs, step.output))
        return next((a.dtype for a in arrays if a.ndim and a.dtype.kind == "f"), np.dtype(float))

    @cached_property
    def masks(self) -> bool:
        """Whether a constant is −∞: attention so leaves out what must not be seen."""
        read = (named for step in self.steps for named in step.inputs)
        constants = (n.array for n in read if n.origin is Origin.CONSTANT and n.array.ndim == 0)
        return any(np.isneginf(array) for array in constants if array.dtype.kind == "f")

    def is_sound(self, named: NamedArray) -> bool:
        """Whether an array has no nan and no infinity, other than those of a mask."""
        array = named.array
        if named.missing or array.dtype.kind != "f":
            return True
        return bool(np.isfinite(array[~np.isneginf(array)] if self.masks else array).all())

    @cached_property
    def first_non_finite(self) -> Step | None:
        """The first step with a nan or an infinity in its output: no update can be applied then."""
        return next((step for step in self.steps if not self.is_sound(step.output)), None)

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
        step = self.made(label)
        if step is None:
            raise KeyError(f"no step of the tape makes {label}")
        return step

    def made(self, label: str) -> Step | None:
        """Return the step that made the array of that label, None where none did."""
        return next((step for step in self.steps if step.output.label == label), None)

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The labels of the parameters that steps read."""
        read = (named for step in self.steps for named in step.inputs)
        return frozenset(named.label for named in read if named.origin is Origin.PARAMETER)

    def parameter_of_gradient(self, number: int) -> str | None:
        """Return the parameter whose gradient a step makes, None where it makes another array."""
        step = self.step(number)
        key = step.output.label.removeprefix("d")
        return key if step.phase is Phase.BACKWARD and key in self.parameters else None

    def is_by_sample(self, named: NamedArray) -> bool:
        """Whether each row of an array, or each entry along its first axis, is of one sample."""
        if named.array.ndim < 2 or len(named.array) != self.sample_count:
            return False
        if named.step is None:
            return named.origin in (Origin.MINIBATCH, Origin.DRAWN, Origin.AFTER_UPDATE)
        step = self.step(named.step)
        return step.phase is not Phase.UPDATE and self.parameter_of_gradient(step.number) is None

    @cached_property
    def phases(self) -> tuple[PhaseSpan, ...]:
        """The phases in their order, each with its first and last step."""
        runs = [(phase, [*steps]) for phase, steps in groupby(self.steps, key=lambda s: s.phase)]
        return tuple(PhaseSpan(phase, own[0].number, own[-1].number) for phase, own in runs)

    def next_phase(self, number: int) -> int:
        """Return the first step of the phase after this step's, or in the last one its last."""
        phase = self.step(number).phase
        later = (step.number for step in self.steps[number:] if step.phase is not phase)
        return next(later, len(self.steps))

    def previous_phase(self, number: int) -> int:
        """Return the first step of this step's phase, or of the one before if it is that."""
        firsts = [span.first for span in self.phases]
        return max((first for first in firsts if first < self.step(number).number), default=1)
