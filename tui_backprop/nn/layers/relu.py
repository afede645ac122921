"""The rectified linear unit: out = max(x, 0)."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Branches, Diagnosis, Layer
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.passes import TRAINING, Pass
from tui_backprop.nn.words import About, Words, counted, number


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    return Derivation((Term.of("max({0}, 0)", x, value=0.0 if x.value <= 0 else x.value),))


def _out(inputs: Inputs) -> Array:
    x = inputs["x"]
    out: Array = np.maximum(x, np.zeros_like(x))
    return out


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    dout, x = cell(inputs, "dout", *index), cell(inputs, "x", *index)
    flows = float(x.value > 0)
    return Derivation((Term.of("{0} · ({1} > 0)", dout, x, value=dout.value * flows),))


def _dx(inputs: Inputs) -> Array:
    dx: Array = inputs["dout"] * (inputs["x"] > 0)
    return dx


DYING_SHARE = 0.5
"""A layer with more than this share of its units at 0 has lost most of what it can say."""


def _why_out(about: About) -> Words:
    x = about.at("x", *about.index)
    passes = about.number("x", *about.index) > 0
    short = (
        f"{x} is above 0 and passes as it is."
        if passes
        else f"{x} is not above 0: this unit stays off for this sample, and gives 0."
    )
    of_all_samples: Any = (slice(None), *about.index[1:])
    column = about.inputs["x"][of_all_samples]
    return Words(
        short,
        f"The unit is on for {(column > 0).sum():,} of {counted(column.size, 'sample')}. Without a "
        "bend between them, Affine behind Affine would come to nothing more than one Affine.",
    )


def _why_dx(about: About) -> Words:
    x, dout = about.at("x", *about.index), about.at("dout", *about.index)
    short = (
        f"{x} is above 0, where out = x rises at slope 1: {dout} goes back as it is."
        if about.number("x", *about.index) > 0
        else f"{x} is not above 0, where out stays 0 whatever x does: slope 0. {dout} ends "
        "here, and what lies before this unit learns nothing through it from this sample."
    )
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}: {short}",
        "The chain rule: ∂loss/∂x = ∂loss/∂out · ∂out/∂x. × goes cell by cell, as each cell of out "
        "depends on its own cell of x alone. At 0 itself the function has a kink, and 0 is taken "
        f"for its slope. {about.cell} = {number(about.value)}: {about.of_raising(of_x)}.",
    )


class Relu(Layer):
    """out = x where x > 0, else 0, for an input of any shape (book 5.5).

    `active` tells of the last forward pass where x was above 0: where gradients flow back.
    """

    FORWARD: ClassVar = (
        Operation("out", "out = max(x, 0)", ("x",), "{x}", _out_terms, _out, _why_out),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx", "dx = dout × (x > 0)", ("dout", "x"), "{dout} × {x}", _dx_terms, _dx, _why_dx
        ),
    )
    COLUMNWISE: ClassVar = True

    active: npt.NDArray[np.bool_]

    def __init__(self) -> None:
        super().__init__()
        self.active = np.zeros((0, 0), np.bool_)
        self._zeros = np.zeros((0, 0))

    def forward(self, x: Array, mode: Pass = TRAINING) -> Array:
        """Return max(x, 0)."""
        # NumPy takes the larger of two arrays in a third of the time of an array and a number.
        if self._zeros.shape != x.shape or self._zeros.dtype != x.dtype:
            self._zeros = np.zeros_like(x)
        self.active = x > self._zeros
        out: Array = np.maximum(x, self._zeros)
        return out

    def backward(self, dout: Array) -> Array:
        """Return dout where x was above 0, else 0. `dout` itself stays as it is."""
        dx: Array = dout * self.active
        return dx

    def branches(self, x: Array) -> Branches:
        """Return whether x is above 0: the slope jumps there."""
        return x > 0

    def diagnose(self) -> Diagnosis | None:
        """Return the share of units that were 0 for every sample: they learn nothing from it."""
        if not self.active.size:
            return None
        dead = 1.0 - float(self.active.any(axis=0).mean())
        units = int(self.active[0].size)
        return Diagnosis(units, "dead", dead, "dying" if dead > DYING_SHARE else "")
