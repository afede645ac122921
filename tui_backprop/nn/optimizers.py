"""What turns gradients into updates of the parameters."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Term,
    cell,
    plain,
    require_operations,
)
from tui_backprop.nn.parameters import Parameters


class Optimizer(ABC):
    """Turns gradients into updates: the arrays that are added to the parameters.

    Computing an update and applying it are two steps, so that a caller can look at an update,
    or refuse one that is not finite, before any parameter has moved.

    Every optimizer declares the operations of its update of one parameter, in their order: those
    that renew parts of its state, named as in `state`, and the last one, which renews W.

    Raises:
        TypeError: a subclass lacks the declaration of its operations.
    """

    UPDATE: ClassVar[tuple[Operation, ...]]
    lr: float
    updates: Parameters

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.updates = Parameters({})

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_operations(cls, "UPDATE")

    def constants(self) -> dict[str, float]:
        """Return the plain numbers the operations read, by their symbols."""
        return {"η": self.lr}

    def state(self, key: str) -> dict[str, Array]:
        """Return what is kept for the parameter `key` from step to step, by its symbols.

        The arrays are the optimizer's own. A parameter not met yet may have none: that counts as
        zeros.
        """
        return {}

    def restore(self, key: str, state: Mapping[str, Array], param: Array) -> None:
        """Go on with copies of what `state(key)` returned; `param` has the parameter's shape.

        Raises:
            ValueError: this optimizer keeps no such arrays.
        """
        if state:
            raise ValueError(f"the optimizer keeps nothing for {key}, but {', '.join(state)}")

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


def _sgd_terms(inputs: Inputs, index: Index) -> Derivation:
    rate, gradient = cell(inputs, "η"), cell(inputs, "dW", *index)
    step = Term.of("−{0} · {1}", rate, gradient, value=-rate.value * gradient.value)
    return Derivation((plain(cell(inputs, "W", *index)), step))


class SGD(Optimizer):
    """Stochastic gradient descent: W ← W - η · ∂L/∂W (book 6.1.2)."""

    UPDATE: ClassVar = (Operation("W", "W ← W − η dW", ("W", "η", "dW"), "{W} − {dW}", _sgd_terms),)

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__(lr)

    def compute_updates(self, grads: Mapping[str, Array]) -> Parameters:
        """Return -η · grad for each parameter."""
        grads = Parameters.of(grads)
        if self.updates.keys() != grads.keys():
            self.updates = grads.copy()
        np.multiply(grads.vector, -self.lr, out=self.updates.vector)
        return self.updates
