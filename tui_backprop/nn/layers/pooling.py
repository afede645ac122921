"""Pooling: each output is the largest cell of a window of the picture."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Branches, Layer
from tui_backprop.nn.layers.windows import (
    as_picture,
    covering,
    window_counts,
    window_places,
    windows_of,
)
from tui_backprop.nn.operation import (
    Choice,
    Derivation,
    Index,
    Inputs,
    Operand,
    Operation,
    Shape,
    Term,
    cell,
)
from tui_backprop.nn.plan import LayerPlan
from tui_backprop.nn.words import About, Words, counted


def window_cells(inputs: Inputs, index: Index) -> list[Operand]:
    """Return the cells of x in the window of an output, row by row."""
    n, c, i, j = index
    h, w, stride = (int(inputs[symbol]) for symbol in ("h", "w", "s"))
    return [
        cell(inputs, "x", n, c, i * stride + u, j * stride + v) for u in range(h) for v in range(w)
    ]


def windows_over(inputs: Inputs, index: Index) -> Iterator[Index]:
    """Yield the index of every output whose window holds a cell of x."""
    n, c, y, z = index
    h, w, stride = (int(inputs[symbol]) for symbol in ("h", "w", "s"))
    rows, columns = inputs["dout"].shape[2:]
    for i, _ in covering(y, h, stride, rows):
        for j, _ in covering(z, w, stride, columns):
            yield n, c, i, j


def places(x: Array, inputs: Inputs) -> Iterator[Array]:
    """Return for each place in a window, row by row, the cells of x there, in out's shape."""
    h, w, stride = (int(inputs[symbol]) for symbol in ("h", "w", "s"))
    return window_places(x, (h, w), stride)


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    cells = window_cells(inputs, index)
    form = f"max({', '.join(f'{{{k}}}' for k in range(len(cells)))})"
    return Derivation((Term.of(form, *cells, value=max(operand.value for operand in cells)),))


def _out(inputs: Inputs) -> Array:
    first, *others = places(inputs["x"], inputs)
    out = first.copy()
    for cells in others:
        np.maximum(out, cells, out=out)
    return out


def _chosen(inputs: Inputs, window: Index) -> Operand | None:
    """Return the first of the largest cells in a window, None where there are no numbers."""
    cells = window_cells(inputs, window)
    largest = max(operand.value for operand in cells)
    return next((operand for operand in cells if operand.value == largest), None)


def _choice_in(inputs: Inputs, window: Index, name: str) -> tuple[Choice, ...]:
    """Return which cell of an array of x's shape a window is decided by."""
    chosen = _chosen(inputs, window)
    if chosen is None:
        return ()
    return (Choice(name, tuple(c.index for c in window_cells(inputs, window)), chosen.index),)


def _out_choices(inputs: Inputs, index: Index) -> tuple[Choice, ...]:
    return _choice_in(inputs, index, "x")


def _dx_choices(inputs: Inputs, index: Index) -> tuple[Choice, ...]:
    return tuple(
        choice
        for window in windows_over(inputs, index)
        for name in ("x", "dx")
        for choice in _choice_in(inputs, window, name)
    )


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    terms = []
    for window in windows_over(inputs, index):
        dout, largest = cell(inputs, "dout", *window), cell(inputs, "out", *window)
        value = dout.value if _chosen(inputs, window) == x else 0.0
        terms.append(Term.of("{0} · ({1} chosen for {2})", dout, x, largest, value=value))
    return Derivation(tuple(terms))


def _dx(inputs: Inputs) -> Array:
    x, out, dout = inputs["x"], inputs["out"], inputs["dout"]
    dx = np.zeros_like(x, order="C")
    pending = np.ones(out.shape, np.bool_)
    h, w, stride = (int(inputs[symbol]) for symbol in ("h", "w", "s"))
    apart = stride >= max(h, w)
    for cells, total in zip(places(x, inputs), places(dx, inputs), strict=True):
        chosen = cells == out
        # Of several that are as large, the first is taken.
        chosen &= pending
        pending ^= chosen
        # Where windows lie apart only zeros stand there, and reading them would take its time.
        np.add(0 if apart else total, dout * chosen, out=total)
    return dx


def _why_out(about: About) -> Words:
    chosen = _chosen(about.inputs, about.index)
    cells = window_cells(about.inputs, about.index)
    which = "" if chosen is None else about.at("x", *chosen.index)
    return Words(
        f"Of the {counted(len(cells), 'cell')} in its window the largest is {which}: it passes, the"
        " others do not.",
        "What was found in a window counts, and less where in it: the picture gets smaller, and a"
        " small shift changes little. Each channel is pooled by itself, and nothing is learned.",
    )


def _why_dx(about: About) -> Words:
    of_x = about.name("x", *about.index)
    windows = list(windows_over(about.inputs, about.index))
    chosen = [operand.index for w in windows if (operand := _chosen(about.inputs, w))]
    if about.index in chosen:
        won = counted(chosen.count(about.index), "window")
        short = f"it was chosen in {won}, whose dout goes back as it is"
    elif len(chosen) == 1:
        short = f"in its window {about.at('x', *chosen[0])} was chosen, and all dout goes there"
    else:
        short = f"it was chosen in none of the {counted(len(chosen), 'window')} that hold it"
    return Words(
        f"∂loss/∂{of_x}: {short}: {about.of_raising(of_x)}.",
        "The chain rule: ∂out/∂x is 1 for the cell that was chosen, and 0 for the others. Where two"
        " are as large there is a kink, and the first is taken.",
    )


class Pooling(Layer):
    """out = the largest cell of each window of x, in each channel by itself (book 7.3).

    Args:
        pool_h: rows of a window.
        pool_w: columns of a window.
        stride: s, cells from one window to the next.

    What does not fill a window at the right and at the bottom is left out. Of several cells that
    are the largest, the gradient goes to the first.
    """

    NAME: ClassVar = "Pool"
    FORWARD: ClassVar = (
        Operation(
            "out",
            "out = max of window of x",
            ("x", "h", "w", "s"),
            "{x}",
            _out_terms,
            _out,
            _why_out,
            _out_choices,
        ),
    )
    BACKWARD: ClassVar = (
        Operation(
            "dx",
            "dx = dout where x was chosen, else 0",
            ("dout", "x", "out", "h", "w", "s"),
            "{dout} → {x}",
            _dx_terms,
            _dx,
            _why_dx,
            _dx_choices,
        ),
    )

    def __init__(self, pool_h: int, pool_w: int, stride: int) -> None:
        super().__init__()
        self.size = (pool_h, pool_w)
        self.stride = stride
        self.arguments: dict[str, Any] = {"pool_h": pool_h, "pool_w": pool_w, "stride": stride}

    @classmethod
    def plan(cls, sample: Shape, **options: Any) -> LayerPlan:
        """Return what a Pooling by windows of a `size` (h, w) will be.

        Without a `stride`, or with 0, windows lie side by side.

        Raises:
            ValueError: samples are no pictures, or a window is larger than they are.
        """
        channels, height, width = as_picture(sample)
        h, w = options["size"]
        stride = int(options.get("stride", 0)) or max(h, w)
        counts = window_counts(height, width, (h, w), stride)
        arguments = {"pool_h": h, "pool_w": w, "stride": stride}
        # The gradient has the size of x.
        arrays = 3 + -(-height * width // (counts[0] * counts[1]))
        return LayerPlan((channels, *counts), arguments=arguments, arrays=arrays)

    def constants(self) -> dict[str, float]:
        """Return the windows' height and width, and the stride."""
        return {"h": self.size[0], "w": self.size[1], "s": self.stride}

    def branches(self, x: Array) -> Branches | None:
        """Return which place of each window is chosen."""
        windows = windows_of(x, self.size, self.stride)
        n, c, h, w, rows, columns = windows.shape
        chosen: Branches = windows.reshape(n, c, h * w, rows, columns).argmax(axis=2)
        return chosen
