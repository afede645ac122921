"""The hyperbolic tangent: out = tanh(x)."""

import math
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Diagnosis, Layer
from tui_backprop.nn.layers.sigmoid import place_on_curve, saturation
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.words import About, Words, number


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    return Derivation((Term.of("tanh({0})", x, value=math.tanh(x.value)),))


def _out(inputs: Inputs) -> Array:
    out: Array = np.tanh(inputs["x"])
    return out


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    dout, out = cell(inputs, "dout", *index), cell(inputs, "out", *index)
    value = dout.value * (1 - out.value**2)
    # 1 − out² has the rounding of the 1, however small it comes out.
    return Derivation((Term.of("{0} · (1 − {1}²)", dout, out, value=value, scale=abs(dout.value)),))


def _dx(inputs: Inputs) -> Array:
    out = inputs["out"]
    dx: Array = inputs["dout"] * (1 - out * out)
    return dx


def _why_out(about: About) -> Words:
    return Words(
        f"{about.at('x', *about.index)} is squeezed to {number(about.value)},"
        f" {place_on_curve(about.value, -1.0)}.",
        "tanh maps every number into −1 to 1, and 0 to 0: unlike the sigmoid's, its outputs have a"
        " mean near 0 where its inputs do.",
    )


def _why_dx(about: About) -> Words:
    out = about.number("out", *about.index)
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}: at {about.at('out', *about.index)} the curve's slope, 1 − out², is"
        f" {number(1 - out**2)}; {about.at('dout', *about.index)} goes back times that:"
        f" {about.of_raising(of_x)}.",
        "The chain rule: ∂loss/∂x = ∂loss/∂out · ∂out/∂x, cell by cell. The slope is 1 at out = 0,"
        " and next to nothing near −1 and 1.",
    )


class Tanh(Layer):
    """out = tanh(x), for an input of any shape (book 6.2.2)."""

    FORWARD: ClassVar = (
        Operation("out", "out = tanh(x)", ("x",), "{x}", _out_terms, _out, _why_out),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = dout × (1 − out²)",
            ("dout", "out"),
            "{dout} × {out}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
    )
    COLUMNWISE: ClassVar = True

    def diagnose(self) -> Diagnosis | None:
        """Return the share of the last pass's outputs where the curve is flat."""
        return saturation(self.arrays.get("out"), -1.0)
