"""The sigmoid: out = 1 / (1 + exp(−x))."""

import math
from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.functions import sigmoid
from tui_backprop.nn.layers.layer import Diagnosis, Layer
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.words import About, Words, number, sentence

FLAT = 0.015
"""This close to 0 or 1 the curve is flat: its slope is under a sixteenth of the steepest."""

SATURATED_SHARE = 0.5


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    value = 1 / (1 + math.exp(-x.value)) if x.value > -700 else math.exp(x.value)
    # A rounding error in the exponent is as large as the exponent, times eps.
    return Derivation(
        (Term.of("1 / (1 + exp(−{0}))", x, value=value, scale=value * (1 + abs(x.value))),)
    )


def _out(inputs: Inputs) -> Array:
    return sigmoid(inputs["x"])


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    dout, out = cell(inputs, "dout", *index), cell(inputs, "out", *index)
    value = dout.value * (1 - out.value) * out.value
    # 1 − out has the rounding of the 1, however small it comes out.
    scale = abs(dout.value) * out.value
    return Derivation((Term.of("{0} · (1 − {1}) · {1}", dout, out, value=value, scale=scale),))


def _dx(inputs: Inputs) -> Array:
    out = inputs["out"]
    dx: Array = inputs["dout"] * (1 - out) * out
    return dx


def _why_out(about: About) -> Words:
    flat = min(about.value, 1 - about.value) < FLAT
    place = "where the curve is almost flat" if flat else "where the curve still climbs"
    return Words(
        f"{about.at('x', *about.index)} is squeezed to {number(about.value)}, {place}.",
        "The sigmoid maps every number into 0 to 1: 0 to a half, what is far below to almost 0, "
        "what "
        "is far above to almost 1.",
    )


def _why_dx(about: About) -> Words:
    out = about.number("out", *about.index)
    slope = out * (1 - out)
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}: at {about.at('out', *about.index)} the curve's slope, (1 − out) · out, is "
        f"{number(slope)}; {about.at('dout', *about.index)} goes back times that. "
        f"{sentence(about.of_raising(of_x))}.",
        "The chain rule: ∂loss/∂x = ∂loss/∂out · ∂out/∂x, cell by cell. The slope is 1/4 at most, "
        "at "
        "out = 1/2, and next to nothing near 0 and 1: behind several sigmoids little gradient is "
        "left.",
    )


class Sigmoid(Layer):
    """out = 1 / (1 + exp(−x)), for an input of any shape (book 5.5.2)."""

    FORWARD: ClassVar = (
        Operation("out", "out = 1 / (1 + exp(−x))", ("x",), "{x}", _out_terms, _out, _why_out),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = dout × (1 − out) × out",
            ("dout", "out"),
            "{dout} × {out} × {out}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
    )
    COLUMNWISE: ClassVar = True

    def diagnose(self) -> Diagnosis | None:
        """Return the share of the last pass's outputs where the curve is flat."""
        out = self.arrays.get("out")
        if out is None or not out.size:
            return None
        flat = float(np.mean(np.minimum(out, 1 - out) < FLAT))
        verdict = "saturated" if flat > SATURATED_SHARE else ""
        return Diagnosis(int(out[0].size), "flat", flat, verdict)
