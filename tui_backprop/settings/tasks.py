"""What a net is trained for: how its predictions are scored, and how scores are shown. No NumPy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Task:
    """A kind of task, by which a run is scored and shown.

    Args:
        name: as a data set says it; "binary" is what `binary` makes of a classification.
        loss: the import path of the last layer's class.
        metric: what a net is scored by; stored runs have train_ and test_ before it.
        metric_title: the heading of its chart.
        loss_unit: what the loss is counted in, empty where it has no unit.
        is_share: whether the metric is a share, 0 to 1 and the more the better; otherwise it is an
            error, 0 or more and the less the better.
    """

    name: str
    loss: str
    metric: str
    metric_title: str
    loss_unit: str
    is_share: bool

    def tally(self, scores: Any, t: Any) -> float:
        """Return what samples with these scores (N, outputs) and targets add to `score`'s total."""
        raise NotImplementedError

    def score(self, total: float, count: int) -> float:
        """Return the metric of `count` samples, given the sum of their tallies."""
        raise NotImplementedError

    def shown(self, value: float | None, decimals: int = 2) -> str:
        """Return a value of the metric in a width that does not change."""
        raise NotImplementedError

    def outcome(self, prediction: Any, target: Any, names: Sequence[str]) -> str:
        """Return in a few words what a sample was, and what the net makes of it.

        Args:
            prediction: of one sample, shape (outputs,).
            target: of the same.
            names: of the classes, or of the numbers that are predicted; printable.
        """
        raise NotImplementedError


class Classification(Task):
    """Each sample belongs to one of the classes: scored by the share of right guesses."""

    def tally(self, scores: Any, t: Any) -> float:
        """Return how many samples have their highest score at the right class."""
        return int((scores.argmax(axis=1) == t).sum())

    def score(self, total: float, count: int) -> float:
        """Return the share of right guesses, 0 to 1."""
        return total / count

    def shown(self, value: float | None, decimals: int = 2) -> str:
        """Return a share as per cent."""
        width = len(f"{1:.{decimals}%}")
        return f"{'–':>{width}}" if value is None else f"{value:{width}.{decimals}%}"

    def outcome(self, prediction: Any, target: Any, names: Sequence[str]) -> str:
        """Return the label, the most probable class, and its probability."""
        guess = int(prediction.argmax())
        share = float(prediction[guess])
        return f"label {names[int(target)]}, predicted {names[guess]} ({share:.2f})"


class BinaryClassification(Classification):
    """Each sample belongs to one of two classes, told by one score: above 0 is the second."""

    def tally(self, scores: Any, t: Any) -> float:
        """Return how many samples have their score on the right side of 0."""
        return int(((scores[:, 0] > 0) == t).sum())


class Regression(Task):
    """Each sample has numbers to be predicted: scored by the root of the mean squared error."""

    def tally(self, scores: Any, t: Any) -> float:
        """Return the sum of the squared errors, per number that is predicted."""
        errors = scores - t
        outputs: int = errors.shape[1]
        return float((errors * errors).sum()) / outputs

    def score(self, total: float, count: int) -> float:
        """Return the root of the mean squared error, in the targets' own unit."""
        return math.sqrt(total / count)

    def shown(self, value: float | None, decimals: int = 2) -> str:
        """Return an error with so many digits that it has the width of a share in per cent."""
        width = len(f"{1:.{decimals}%}")
        if value is None:
            return "–".rjust(width)
        digits = f".{decimals + 2}f" if value < 10 else f".{decimals + 1}g"
        return format(value, digits).rjust(width)

    def outcome(self, prediction: Any, target: Any, names: Sequence[str]) -> str:
        """Return the first number that was to be predicted, and what was."""
        wanted, found = float(target.reshape(-1)[0]), float(prediction[0])
        rest = len(names) - 1
        more = f", and {rest:,} more" if rest else ""
        return f"{names[0]} {wanted:.4g}, predicted {found:.4g}{more}"


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Classification(
            "classification",
            "tui_backprop.nn.losses.softmax_with_loss:SoftmaxWithLoss",
            "accuracy",
            "Accuracy",
            "nats",
            is_share=True,
        ),
        BinaryClassification(
            "binary",
            "tui_backprop.nn.losses.sigmoid_with_loss:SigmoidWithLoss",
            "accuracy",
            "Accuracy",
            "nats",
            is_share=True,
        ),
        Regression(
            "regression",
            "tui_backprop.nn.losses.identity_with_loss:IdentityWithLoss",
            "error",
            "Error (root mean square)",
            "",
            is_share=False,
        ),
    )
}
"""Every task by its name."""
