"""What turns gradients into updates of the parameters."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeGuard

import numpy as np

from tui_backprop.nn.arrays import Array, row_squares
from tui_backprop.nn.clipping import clip_factor, squared_norm
from tui_backprop.nn.operation import Operation, require_operations
from tui_backprop.nn.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an optimizer would do: nothing has been changed yet.

    `updates` are what is to be added to the parameters, `state` the optimizer's state after that,
    by its symbols. The arrays are the optimizer's own: valid until its next proposal.
    """

    updates: Parameters
    state: Mapping[str, Parameters]

    def first_not_finite(self, params: Mapping[str, Array]) -> str | None:
        """Return the first parameter that this would leave not finite, its state too, or None."""
        for parts in (self.updates, *self.state.values()):
            # One fast product settles nearly every case: if the sum of squares is finite, no entry
            # is larger than the root of the dtype's largest number, and that is lost beside the
            # largest.
            if math.isfinite(np.dot(parts.vector, parts.vector)):
                continue
            for key, part in parts.items():
                after = params[key] + part if parts is self.updates else part
                if not np.isfinite(after).all():
                    return key
        return None


class _State(NamedTuple):
    """An optimizer's state by its symbols, and the vectors of the same."""

    parts: dict[str, Parameters]
    vectors: dict[str, Array]

    @classmethod
    def zeros(cls, symbols: tuple[str, ...], model: Parameters) -> "_State":
        """Return as many zeros of the model's shapes."""
        return cls.of({symbol: model.zeros() for symbol in symbols})

    @classmethod
    def of(cls, parts: dict[str, Parameters]) -> "_State":
        """Return these parts with their vectors."""
        return cls(parts, {symbol: part.vector for symbol, part in parts.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        # copy.deepcopy and pickle would give parts and vectors memory of their own each.
        return _State.of, (self.parts,)


class Optimizer(ABC):
    """Turns gradients into updates: the arrays that are added to the parameters.

    Proposing an update and committing it are two steps, so that a caller can look at an update, or
    refuse one that is not finite, before any parameter or any of the optimizer's own state moves.

    Every optimizer declares the operations of its update of one parameter, in their order: those
    that renew parts of its state, and the last one, which renews W. Before them come those of
    `Clipping`, where `clip`, the longest that all gradients together may be, is not 0.

    Class attributes:
        UPDATE: the operations.
        STATE: the symbols of what is kept of each parameter from step to step; zeros at first.
        SPARE: whether `spare`, a vector to compute in, is needed.

    An operation's output that is neither in STATE nor W is seen by the later ones alone.

    Raises:
        TypeError: a subclass lacks the declaration of its operations.
    """

    UPDATE: ClassVar[tuple[Operation, ...]]
    STATE: ClassVar[tuple[str, ...]] = ()
    SPARE: ClassVar[bool] = False
    lr: float
    clip: float
    spare: Array

    def __init__(self, lr: float) -> None:
        self.lr = lr
        self.clip = 0.0
        self.steps_made = 0
        self.updates = Parameters({})
        self.clipped = Parameters({})
        self._state = self._next_state = _State.zeros(self.STATE, self.updates)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_operations(cls, "UPDATE")

    def constants(self, step: int) -> dict[str, float]:
        """Return the plain numbers that the operations of a step read, by their symbols."""
        return {"η": self.lr}

    @abstractmethod
    def _compute(
        self,
        param: Array,
        grad: Array,
        before: Mapping[str, Array],
        after: Mapping[str, Array],
        update: Array,
        step: int,
    ) -> None:
        """Write a step's update, and the state after it, in place.

        Args:
            param: all parameters in one vector; not to be changed.
            grad: their gradients.
            before: the state in vectors, by its symbols; not to be changed.
            after: where the state after the step is to be written.
            update: where the update is to be written.
            step: which step it is, counted from 1.
        """

    def propose(
        self, params: Mapping[str, Array], grads: Mapping[str, Array], step: int
    ) -> Proposal:
        """Return what step number `step`, counted from 1, would do with these gradients."""
        if self.updates.keys() != grads.keys():
            self._lie_as(Parameters.of(grads))
        before, after = self._state, self._next_state
        self._compute(
            self._vector_of(params),
            self._clipped(grads) if self.clip else self._vector_of(grads),
            before.vectors,
            after.vectors,
            self.updates.vector,
            step,
        )
        return Proposal(self.updates, after.parts)

    def _vector_of(self, arrays: Mapping[str, Array]) -> Array:
        """Return arrays as a vector in the updates' order: their own where that is theirs too."""
        if self._is_in_order(arrays):
            return arrays.vector
        return Parameters({key: arrays[key] for key in self.updates}).vector

    def _is_in_order(self, arrays: Mapping[str, Array]) -> TypeGuard[Parameters]:
        """Whether the vectors of these arrays and of the updates mean the same, entry by entry."""
        return isinstance(arrays, Parameters) and [*arrays] == [*self.updates]

    def _clipped(self, grads: Mapping[str, Array]) -> Array:
        """Return gradients in the same direction as a vector no longer than `clip`."""
        if not self._is_in_order(self.clipped):
            self.clipped = self.updates.zeros()
        squares = (row_squares(grads[key]) for key in self.updates)
        factor = clip_factor(self.clip, squared_norm(squares))
        np.multiply(self._vector_of(grads), factor, out=self.clipped.vector)
        return self.clipped.vector

    def commit(self, params: Mapping[str, Array]) -> None:
        """Add the updates proposed last to `params`, in place, and take their state."""
        if self._is_in_order(params):
            params.vector += self.updates.vector
        else:
            for key, update in self.updates.items():
                np.add(params[key], update, out=params[key])
        self._state, self._next_state = self._next_state, self._state

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Propose and commit the next step: by the book's name for it."""
        self.steps_made += 1
        self.propose(params, grads, self.steps_made)
        self.commit(params)

    def state(self, key: str) -> dict[str, Array]:
        """Return what is kept of the parameter `key`, by its symbols: the optimizer's own arrays.

        Empty before the first step, which counts as zeros.
        """
        return {symbol: part[key] for symbol, part in self._state.parts.items() if key in part}

    def restore(
        self, state: Mapping[str, Mapping[str, Array]], params: Mapping[str, Array]
    ) -> None:
        """Go on with copies of what `state(key)` returned of each key; `params` give the shapes.

        Raises:
            ValueError: this optimizer keeps no such arrays.
        """
        for key, parts in state.items():
            if key not in params or parts.keys() - set(self.STATE):
                raise ValueError(f"the optimizer keeps nothing for {key}, but {', '.join(parts)}")
        self._lie_as(Parameters.of(params))
        for key, parts in state.items():
            for symbol, part in parts.items():
                if part.shape != params[key].shape:
                    raise ValueError(f"{symbol} of {key} has the shape {part.shape}")
                self._state.parts[symbol][key][...] = part

    def _lie_as(self, model: Parameters) -> None:
        """Have arrays of the shapes and in the order of the model's, all zeros."""
        self.updates = model.zeros()
        self._state, self._next_state = (_State.zeros(self.STATE, model) for _ in range(2))
        if self.SPARE:
            self.spare = np.empty_like(model.vector)
