"""What turns gradients into updates of the parameters."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.parameters import Parameters


class Optimizer(ABC):
    """Turns gradients into updates: the arrays that are added to the parameters.

    Computing an update and applying it are two steps, so that a caller can look at an update,
    or refuse one that is not finite, before any parameter has moved.
    """

    lr: float
    updates: Parameters

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.updates = Parameters({})

    @abstractmethod
    def compute_updates(self, grads: Mapping[str, Array]) -> Parameters:
        """Return the update of each parameter. The arrays are overwritten by the next call."""

    def apply_updates(self, params: Mapping[str, Array]) -> None:
        """Add the updates computed last to `params`, in place."""
        if isinstance(params, Parameters):
            params.vector += self.updates.vector
            return
        for key, update in self.updates.items():
            np.add(params[key], update, out=params[key])

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Compute and apply the updates: one optimizer step, by the book's name for it."""
        self.compute_updates(grads)
        self.apply_updates(params)


class SGD(Optimizer):
    """Stochastic gradient descent: W ← W - η · ∂L/∂W (book 6.1.2)."""

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def compute_updates(self, grads: Mapping[str, Array]) -> Parameters:
        """Return -η · grad for each parameter."""
        grads = Parameters.of(grads)
        if self.updates.keys() != grads.keys():
            self.updates = grads.copy()
        np.multiply(grads.vector, -self.lr, out=self.updates.vector)
        return self.updates
