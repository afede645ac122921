"""The loss of each minibatch so far, as a curve of bounded length."""

from typing import Protocol

from tui_backprop.training.curve import Curve


class HasLossCurve(Protocol):
    """A run whose losses are known."""

    def loss_curve(self) -> Curve:
        """Return the losses so far."""


def compute(run: HasLossCurve) -> Curve:
    """Return the run's loss curve."""
    return run.loss_curve()
