"""Flatten: a sample of any shape becomes a row, for the Affine behind it."""

import math
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries, Layer
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Shape, cell, plain
from tui_backprop.nn.plan import LayerPlan
from tui_backprop.nn.words import About, Words


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, i = index
    place = np.unravel_index(i, inputs["x"].shape[1:])
    return Derivation((plain(cell(inputs, "x", n, *map(int, place))),))


def _out(inputs: Inputs) -> Array:
    x = inputs["x"]
    return x.reshape(len(x), -1)


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    n, *place = index
    i = int(np.ravel_multi_index(place, inputs["x"].shape[1:]))
    return Derivation((plain(cell(inputs, "dout", n, i)),))


def _dx(inputs: Inputs) -> Array:
    return inputs["dout"].reshape(inputs["x"].shape)


def _why_out(about: About) -> Words:
    n, i = about.index
    place = np.unravel_index(i, about.inputs["x"].shape[1:])
    return Words(
        f"{about.at('x', n, *map(int, place))} in its place in the row of sample {n}.",
        "Nothing is computed: an Affine wants each sample as a row.",
    )


def _why_dx(about: About) -> Words:
    n, *place = about.index
    i = int(np.ravel_multi_index(place, about.inputs["x"].shape[1:]))
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}: {about.at('dout', n, i)} goes back to the place it came from:"
        f" {about.of_raising(of_x)}.",
        "The chain rule: out is x itself in another order, so that its slope is 1.",
    )


class Flatten(Layer):
    """out[n] = the entries of x[n] one after the other: channel by channel, row by row."""

    FORWARD: ClassVar = (
        Operation("out", "out = x as rows", ("x",), "{x}", _out_terms, _out, _why_out),
    )
    BACKWARD: ClassVar = (
        Operation("dx", "dx = dout as x was", ("dout", "x"), "{dout}", _dx_terms, _dx, _why_dx),
    )
    COLUMNWISE: ClassVar = True

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a Flatten of such samples will be."""
        return LayerPlan((math.prod(sample),), arrays=0)

    def forward_columns(self, columns: Array, units: Entries) -> Array:
        """Return the columns as they are."""
        return columns
