"""Mean pooling: each output is the mean of a window of the picture."""

from typing import ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Branches
from tui_backprop.nn.layers.pooling import Pooling, places, window_cells, windows_over
from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operation,
    Term,
    cell,
    constant,
    plain,
)
from tui_backprop.nn.words import About, Words, counted, number


def _cells_of_window(inputs: Inputs) -> int:
    return int(inputs["h"]) * int(inputs["w"])


def _divisor(inputs: Inputs) -> tuple[Term, ...]:
    return (plain(constant("h·w", _cells_of_window(inputs))),)


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation(tuple(map(plain, window_cells(inputs, index))), _divisor(inputs))


def _out(inputs: Inputs) -> Array:
    first, *others = places(inputs["x"], inputs)
    out = first.copy()
    for cells in others:
        out += cells
    out *= 1 / _cells_of_window(inputs)
    return out


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    cells = constant("h·w", _cells_of_window(inputs))
    terms = []
    for window in windows_over(inputs, index):
        dout = cell(inputs, "dout", *window)
        terms.append(Term.of("{0} / {1}", dout, cells, value=dout.value / cells.value))
    return Derivation(tuple(terms))


def _dx(inputs: Inputs) -> Array:
    dx = np.zeros_like(inputs["x"], order="C")
    share = inputs["dout"] * (1 / _cells_of_window(inputs))
    for total in places(dx, inputs):
        total += share
    return dx


def _why_out(about: About) -> Words:
    values = [operand.value for operand in window_cells(about.inputs, about.index)]
    return Words(
        f"The mean of the {counted(len(values), 'cell')} in its window, which run from"
        f" {number(min(values))} to {number(max(values))}: {number(about.value)}.",
        "The picture gets smaller, and all of a window has its say in it. Each channel is pooled"
        " by itself, and nothing is learned.",
    )


def _why_dx(about: About) -> Words:
    of_x = about.name("x", *about.index)
    windows = list(windows_over(about.inputs, about.index))
    return Words(
        f"∂loss/∂{of_x}: it was one of {counted(_cells_of_window(about.inputs), 'cell')} in"
        f" {counted(len(windows), 'window')}, and gets as large a part of their dout:"
        f" {about.of_raising(of_x)}.",
        "The chain rule: of a mean of so many cells, the slope is 1 / (h·w) for each of them.",
    )


class MeanPooling(Pooling):
    """out = the mean of each window of x, in each channel by itself.

    Args: as for `Pooling`.
    """

    NAME: ClassVar = "MeanPool"
    FORWARD: ClassVar = (
        Operation(
            "out",
            "out = mean of window of x",
            ("x", "h", "w", "s"),
            "{x}",
            _out_terms,
            _out,
            _why_out,
        ),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = Σ dout / (h·w), over the windows that hold it",
            ("dout", "x", "h", "w", "s"),
            "{dout} → {x}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
    )

    def branches(self, x: Array) -> Branches | None:
        """Return None: a mean is straight everywhere."""
        return None
