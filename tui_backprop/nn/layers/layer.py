"""What every hidden or output layer of a network offers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from tui_backprop.nn.arrays import Array


class Layer(ABC):
    """One step of a network: `forward` maps x to out, `backward` maps dout to dx.

    `params` and `grads` hold the layer's own arrays under the book's names (W, b). They are
    allocated once and written in place: whoever holds `params["W"]` sees every update, and
    `grads` is overwritten by the next backward pass. Inputs are never written to.
    """

    params: dict[str, Array]
    grads: dict[str, Array]

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
