"""What every hidden or output layer of a network offers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Operation, require_operations


class Layer(ABC):
    """One step of a network: `forward` maps x to out, `backward` maps dout to dx.

    `params` and `grads` hold the layer's own arrays under the book's names (W, b). They are
    allocated once and written in place: whoever holds `params["W"]` sees every update, and
    `grads` is overwritten by the next backward pass. Inputs are never written to.

    Every layer declares its operations. FORWARD reads x and the parameters and ends with out;
    BACKWARD also reads dout, and makes dx and the gradient of each parameter, named d and its
    name. ELEMENTWISE says that each entry of out depends on the same entry of x alone, and
    KINK, where there is one, the x at which the layer's derivative jumps.

    Raises:
        TypeError: a subclass lacks a declaration of its operations.
    """

    FORWARD: ClassVar[tuple[Operation, ...]]
    BACKWARD: ClassVar[tuple[Operation, ...]]
    ELEMENTWISE: ClassVar[bool] = False
    KINK: ClassVar[float | None] = None

    params: dict[str, Array]
    grads: dict[str, Array]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        require_operations(cls, "FORWARD", "BACKWARD")

    def __init__(self) -> None:
        self.params = {}
        self.grads = {}

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """Return the layer's output for `x`, and keep what `backward` will need."""

    @abstractmethod
    def input_gradient(self, dout: Array) -> Array:
        """Return ∂L/∂x, of the shape of the last forward pass's x, given dout = ∂L/∂out."""

    def parameter_gradients(self, dout: Array) -> None:  # noqa: B027 - most layers learn nothing
        """Write ∂L/∂param into `grads`, given dout = ∂L/∂out."""

    def write_grads_to(self, arrays: Mapping[str, Array]) -> None:
        """Write gradients into these arrays from now on; names and shapes are the parameters'."""
        self.grads = dict(arrays)

    def backward(self, dout: Array) -> Array:
        """Write the parameters' gradients into `grads` and return ∂L/∂x."""
        self.parameter_gradients(dout)
        return self.input_gradient(dout)
