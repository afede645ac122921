"""The sigmoid: out = 1 / (1 + exp(−x))."""

import math
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.functions import sigmoid
from tui_backprop.nn.layers.layer import Diagnosis, Layer
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.words import About, Words, number, sentence

FLAT = 0.015
"""Of the way from end to end: this close to one the slope is under a sixteenth of the steepest."""

SATURATED_SHARE = 0.5


def _is_flat(out: Array | float, low: float) -> Any:
    """Return whether a curve from `low` to 1 is almost flat where it comes to `out`."""
    return np.minimum(out - low, 1 - out) < FLAT * (1 - low)


def place_on_curve(out: float, low: float) -> str:
    """Say whether a curve from `low` to 1 is almost flat where it comes to `out`."""
    return f"where the curve {'is almost flat' if _is_flat(out, low) else 'still climbs'}"


def saturation(out: Array | None, low: float) -> Diagnosis | None:
    """Return the share of outputs where a curve from `low` to 1 is flat, if there are outputs."""
    if out is None or not out.size:
        return None
    flat = float(np.mean(_is_flat(out, low)))
    return Diagnosis(int(out[0].size), "flat", flat, "saturated" if flat > SATURATED_SHARE else "")


def sigmoid_terms(inputs: Inputs, index: Index) -> Derivation:
    """Return how a cell of 1 / (1 + exp(−x)) came about."""
    x = cell(inputs, "x", *index)
    value = 1 / (1 + math.exp(-x.value)) if x.value > -700 else math.exp(x.value)
    # A rounding error in the exponent is as large as the exponent, times eps.
    return Derivation(
        (Term.of("1 / (1 + exp(−{0}))", x, value=value, scale=value * (1 + abs(x.value))),)
    )


def sigmoid_of_x(inputs: Inputs) -> Array:
    """Return 1 / (1 + exp(−x))."""
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
    return Words(
        f"{about.at('x', *about.index)} is squeezed to {number(about.value)},"
        f" {place_on_curve(about.value, 0.0)}.",
        "The sigmoid maps every number into 0 to 1: 0 to a half, what is far below to almost 0, "
        "what is far above to almost 1.",
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
        "at out = 1/2, and next to nothing near 0 and 1: behind several sigmoids little gradient "
        "is left.",
    )


class Sigmoid(Layer):
    """out = 1 / (1 + exp(−x)), for an input of any shape (book 5.5.2)."""

    FORWARD: ClassVar = (
        Operation(
            "out", "out = 1 / (1 + exp(−x))", ("x",), "{x}", sigmoid_terms, sigmoid_of_x, _why_out
        ),
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
        return saturation(self.arrays.get("out"), 0.0)
