"""An operation of somebody else's code that nobody has declared a derivation for."""

from collections.abc import Mapping
from dataclasses import dataclass

from tui_backprop.nn.operation import Shape, shape_text


@dataclass(frozen=True, slots=True)
class Undeclared:
    """What is known of such an operation: what it is called, what it reads, what it makes.

    Args:
        code: its name where it comes from, as "aten.gelu".
        inputs: the symbols of what it reads, each another; any number of them.
        output: the symbol of what it makes; the gradient at an input is d and that one's symbol.
    """

    code: str
    inputs: tuple[str, ...]
    output: str = "out"

    @property
    def formula(self) -> str:
        """What makes what of what, as "out = aten.gelu(x)"."""
        return f"{self.output} = {self.code}({', '.join(self.inputs)})"

    def shapes_text(self, inputs: Mapping[str, Shape], output: Shape) -> str:
        """Return what has which shape, as "(50,100), (100,) → (50,100)"."""
        shapes = ", ".join(shape_text(inputs[symbol]) for symbol in self.inputs)
        return f"{shapes} → {shape_text(output)}".lstrip()
