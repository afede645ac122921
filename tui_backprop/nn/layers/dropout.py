"""Dropout: in training, some units chosen at random are 0 for this pass."""

from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Diagnosis, Entries, Layer, columns_of
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Shape,
    Term,
    cell,
    product,
)
from tui_backprop.nn.passes import Pass
from tui_backprop.nn.plan import LayerPlan
from tui_backprop.nn.words import About, Words, number, sentence


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((product(cell(inputs, "x", *index), cell(inputs, "mask", *index)),))


def _out(inputs: Inputs) -> Array:
    out: Array = inputs["x"] * inputs["mask"]
    return out


def _scaled_terms(inputs: Inputs, index: Index) -> Derivation:
    x, ratio = cell(inputs, "x", *index), cell(inputs, "p")
    return Derivation((Term.of("{0} · (1 − {1})", x, ratio, value=x.value * (1 - ratio.value)),))


def _scaled(inputs: Inputs) -> Array:
    out: Array = inputs["x"] * (1 - float(inputs["p"]))
    return out


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((product(cell(inputs, "dout", *index), cell(inputs, "mask", *index)),))


def _dx(inputs: Inputs) -> Array:
    dx: Array = inputs["dout"] * inputs["mask"]
    return dx


def _why_out(about: About) -> Words:
    x = about.at("x", *about.index)
    kept = about.number("mask", *about.index) != 0
    return Words(
        f"{x} is kept." if kept else f"{x} is dropped in this pass: mask is 0 here.",
        f"The mask is drawn anew for each iteration; in this one it keeps "
        f"{about.array('mask').mean():.0%} of all entries. A net whose units may be missing cannot "
        "lean on any single one of them.",
    )


def _why_scaled(about: About) -> Words:
    return Words(
        f"{about.at('x', *about.index)} is scaled by 1 − p = {number(1 - about.number('p'))}.",
        "A pass that only predicts drops nothing. It scales instead, so that what comes next sees "
        "as much as it did on average in training.",
    )


def _why_dx(about: About) -> Words:
    dout, of_x = about.at("dout", *about.index), about.name("x", *about.index)
    kept = about.number("mask", *about.index) != 0
    return Words(
        f"∂loss/∂{of_x}: "
        + (
            f"this entry was kept, so {dout} goes back as it is."
            if kept
            else f"this entry was dropped, so {dout} ends here."
        ),
        "The chain rule: ∂loss/∂x = ∂loss/∂out · ∂out/∂x, cell by cell, and ∂out/∂x is the very "
        f"mask that the forward pass used. {sentence(about.of_raising(of_x))}.",
    )


class Dropout(Layer):
    """out = x × mask in training, x · (1 − p) in prediction, as the book has it (6.4.3).

    Args:
        dropout_ratio: p, the chance of each entry of x to be dropped, 0 to 1.

    The mask, 1 where an entry is kept and 0 where not, is a function of the pass and the layer's
    place alone.
    """

    FORWARD: ClassVar = (
        Operation(
            "out", "out = x × mask", ("x", "mask"), "{x} × {mask}", _out_terms, _out, _why_out
        ),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx", "dx = dout × mask", ("dout", "mask"), "{dout} × {mask}", _dx_terms, _dx, _why_dx
        ),
    )
    PREDICTION: ClassVar = (
        Operation(
            "out", "out = x · (1 − p)", ("x", "p"), "{x}", _scaled_terms, _scaled, _why_scaled
        ),
    )
    DRAWN: ClassVar = ("mask",)
    COLUMNWISE: ClassVar = True

    def __init__(self, dropout_ratio: float = 0.5) -> None:
        super().__init__()
        self.dropout_ratio = dropout_ratio
        self.arguments: dict[str, Any] = {"dropout_ratio": dropout_ratio}

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a Dropout layer with `dropout_ratio` will be."""
        return LayerPlan(sample, arguments=options, arrays=4)

    def constants(self) -> dict[str, float]:
        """Return p."""
        return {"p": self.dropout_ratio}

    def drawn(self, x: Array, mode: Pass) -> dict[str, Array]:
        """Return the mask, of x's shape and type."""
        chances = mode.generator(self.place).random(x.shape, np.float32)
        return {"mask": (chances >= np.float32(self.dropout_ratio)).astype(x.dtype)}

    def forward_batches(self, x: Array) -> Array:
        """Return each batch with the last pass's mask."""
        out: Array = x * self.arrays["mask"]
        return out

    def forward_columns(self, columns: Array, units: Entries) -> Array:
        """Return each column with its unit's part of the mask."""
        out: Array = columns * columns_of(self.arrays["mask"], units)[:, None, :]
        return out

    def diagnose(self) -> Diagnosis | None:
        """Return the share of entries that the last pass dropped."""
        mask = self.arrays.get("mask")
        if mask is None or not mask.size:
            return None
        return Diagnosis(int(mask[0].size), "dropped", 1.0 - float(mask.mean()))
