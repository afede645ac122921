"""The leaky rectified linear unit: out = x where x > 0, else α · x."""

from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Branches, Layer
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.words import About, Words


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    x, slope = cell(inputs, "x", *index), cell(inputs, "α")
    value = x.value if x.value > 0 else slope.value * x.value
    return Derivation((Term.of("max({0}, {1} · {0})", x, slope, value=value),))


def _out(inputs: Inputs) -> Array:
    x = inputs["x"]
    out: Array = np.where(x > 0, x, x * float(inputs["α"]))
    return out


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    dout, x, slope = cell(inputs, "dout", *index), cell(inputs, "x", *index), cell(inputs, "α")
    if x.value > 0:
        return Derivation((Term.of("{0} · 1, as {1} > 0", dout, x, value=dout.value),))
    value = dout.value * slope.value
    return Derivation((Term.of("{0} · {2}, as {1} ≤ 0", dout, x, slope, value=value),))


def _dx(inputs: Inputs) -> Array:
    dout = inputs["dout"]
    dx: Array = np.where(inputs["x"] > 0, dout, dout * float(inputs["α"]))
    return dx


def _why_out(about: About) -> Words:
    x = about.at("x", *about.index)
    above = about.number("x", *about.index) > 0
    return Words(
        f"{x} is above 0 and passes as it is."
        if above
        else f"{x} is not above 0: only its part {about.at('α')} passes.",
        "Below 0 the function still rises a little, so that a unit that is off for every sample"
        " can come back.",
    )


def _why_dx(about: About) -> Words:
    x, dout = about.at("x", *about.index), about.at("dout", *about.index)
    of_x = about.name("x", *about.index)
    short = (
        f"{x} is above 0, where out rises at slope 1: {dout} goes back as it is"
        if about.number("x", *about.index) > 0
        else f"{x} is not above 0, where the slope is {about.at('α')}: {dout} goes back times that"
    )
    return Words(
        f"∂loss/∂{of_x}: {short}: {about.of_raising(of_x)}.",
        "The chain rule: ∂loss/∂x = ∂loss/∂out · ∂out/∂x, cell by cell. At 0 itself the function"
        " has a kink, and α is taken for its slope.",
    )


class LeakyRelu(Layer):
    """out = x where x > 0, else α · x, for an input of any shape (Maas et al. 2013).

    Args:
        negative_slope: α, 0 to 1. Unlike ReLU's, a unit below 0 still learns.
    """

    FORWARD: ClassVar = (
        Operation("out", "out = max(x, α · x)", ("x", "α"), "{x}", _out_terms, _out, _why_out),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = dout × (1 where x > 0, else α)",
            ("dout", "x", "α"),
            "{dout} × {x}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
    )
    COLUMNWISE: ClassVar = True

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.arguments: dict[str, Any] = {"negative_slope": negative_slope}

    def constants(self) -> dict[str, float]:
        """Return α."""
        return {"α": self.negative_slope}

    def branches(self, x: Array) -> Branches:
        """Return whether x is above 0: the slope jumps there."""
        return x > 0
