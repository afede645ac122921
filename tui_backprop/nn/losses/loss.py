"""What the last layer of a network offers: predictions, a loss, and the gradient at the scores."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Shape,
    Term,
    cell,
    constant,
    plain,
    require_operations,
)
from tui_backprop.nn.words import About, Words

Targets: TypeAlias = npt.NDArray[Any]
"""What each sample should have come to, as the loss keeps it: class indices (N,), values (N, …)."""


class Loss(ABC):
    """Compares what the layers before it made, the scores x, with the targets it owns the form of.

    FORWARD reads x and t and makes y, what is predicted, and at last loss; BACKWARD makes dy, which
    is ∂loss/∂x. In both t stands for `shown_targets`.

    After `forward`: `y` as x, `t` the targets, `loss`.

    Raises:
        TypeError: a subclass lacks a declaration of its operations.
    """

    FORWARD: ClassVar[tuple[Operation, ...]]
    BACKWARD: ClassVar[tuple[Operation, ...]]

    y: Array
    t: Targets
    loss: float

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_operations(cls, "FORWARD", "BACKWARD")

    def __init__(self) -> None:
        self.y = np.zeros((0, 0))
        self.t = np.zeros(0)
        self.loss = float("nan")
        self._shape: Shape = (0, 0)

    @staticmethod
    @abstractmethod
    def read_targets(t: npt.ArrayLike, shape: Shape) -> Targets:
        """Return the targets of samples with scores of this `shape` (N, outputs).

        Raises:
            ValueError: `t` does not fit.
        """

    @staticmethod
    @abstractmethod
    def shown_targets(t: Targets, outputs: int, dtype: npt.DTypeLike) -> Array:
        """Return targets as the operations read them, shape (N, outputs)."""

    @abstractmethod
    def forward(self, x: Array, t: npt.ArrayLike) -> float:
        """Return the mean loss of scores `x`, shape (N, outputs) or (outputs,), against `t`.

        Raises:
            ValueError: there is no sample, or `t` does not fit.
        """

    def backward(self, dout: float = 1.0) -> Array:
        """Return (y - t) / N · dout, of the shape of the scores."""
        dx: Array = self.y - self.shown_targets(self.t, self.y.shape[1], self.y.dtype)
        dx *= dout / len(dx)
        return dx.reshape(self._shape)

    @staticmethod
    @abstractmethod
    def sample_losses(x: Array, t: Targets) -> Array:
        """Return the loss of each sample, (…, N), of any number of batches x (…, N, outputs)."""


def _dy_terms(inputs: Inputs, index: Index) -> Derivation:
    y, t = cell(inputs, "y", *index), cell(inputs, "t", *index)
    terms = plain(y), Term.of("−{0}", t, value=-t.value)
    return Derivation(terms, (plain(constant("N", len(inputs["y"]))),))


def _dy(inputs: Inputs) -> Array:
    dy = inputs["y"].copy(order="K")
    dy -= inputs["t"]
    dy *= 1.0 / len(dy)
    return dy


def difference_over_samples(why: Callable[[About], Words]) -> Operation:
    """Return what makes dy of a loss and a last layer that go together (book appendix A)."""
    return Operation("dy", "dy = (y − t) / N", ("y", "t"), "{y} − {t}", _dy_terms, _dy, why)


def as_rows(x: Array) -> Array:
    """Return scores as rows (N, outputs).

    Raises:
        ValueError: there is no sample.
    """
    if x.size == 0:
        raise ValueError(f"scores of shape {x.shape}: there must be at least one sample")
    return x.reshape(1, -1) if x.ndim == 1 else x
