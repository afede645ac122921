"""The largest cell of each window of a picture, and the way back to it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operand, Operation, Term, cell
from tui_backprop.nn.words import About, Words, counted, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, numbers
from tui_backprop.walkthrough.aten.windows import Windows, called_with, is_inside


def _window(inputs: Inputs, index: Index) -> Iterator[Operand]:
    """Yield the cells of the picture in the window of a cell of out."""
    *stack, i, j = index
    windows = Windows.of(inputs)
    for offset in np.ndindex(*numbers(inputs, "size")):
        where = windows.met((i, j), offset)
        if is_inside(where, inputs["x"].shape[-2:]):
            yield cell(inputs, "x", *stack, *where)


def _largest(inputs: Inputs, index: Index) -> tuple[Operand, list[Operand]]:
    window = list(_window(inputs, index))
    # PyTorch lets a nan win, and of equals the first.
    return max(window, key=lambda o: (o.value != o.value, o.value)), window


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    largest, window = _largest(inputs, index)
    # All of the window is read, though only the largest is written.
    return Derivation((Term.of("{0}", largest, *window, value=largest.value),))


def _place_terms(inputs: Inputs, index: Index) -> Derivation:
    largest, window = _largest(inputs, index)
    place = largest.index[-2] * inputs["x"].shape[-1] + largest.index[-1]
    return Derivation((Term.of("place of {0}", largest, *window, value=float(place)),))


def _both(inputs: Inputs) -> tuple[AnyArray, AnyArray]:
    """Return the largest cell of each window, and its place in the picture read row by row."""
    x = inputs["x"]
    height, width = x.shape[-2:]
    (s, z), (d, e), (p, q) = Windows.of(inputs)
    rows, columns = numbers(inputs, "counts")
    out = np.full((*x.shape[:-2], rows, columns), -np.inf, x.dtype)
    place = np.zeros(out.shape, np.int64)
    where_i, where_j = np.arange(rows)[:, None] * s - p, np.arange(columns)[None, :] * z - q
    for u, v in np.ndindex(*numbers(inputs, "size")):
        i, j = where_i + u * d, where_j + v * e
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        met = x[..., np.clip(i, 0, height - 1), np.clip(j, 0, width - 1)]
        larger = inside & ((met > out) | np.isnan(met))
        out, place = np.where(larger, met, out), np.where(larger, i * width + j, place)
    return out, place


def _out(inputs: Inputs) -> AnyArray:
    return _both(inputs)[0]


def _place(inputs: Inputs) -> AnyArray:
    return _both(inputs)[1]


def _sources(inputs: Inputs, index: Index) -> list[Index]:
    *stack, y, x = index
    chosen = inputs["place"][tuple(stack)] == y * inputs["x"].shape[-1] + x
    return [(*stack, int(i), int(j)) for i, j in np.argwhere(chosen)]


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation(
        tuple(
            Term.of("{0}", dout, cell(inputs, "place", *source), value=dout.value)
            for source in _sources(inputs, index)
            for dout in (cell(inputs, "dout", *source),)
        )
    )


def _dx(inputs: Inputs) -> AnyArray:
    x, dout, place = inputs["x"], inputs["dout"], inputs["place"]
    made = np.zeros((int(np.prod(x.shape[:-2])), x.shape[-2] * x.shape[-1]), dout.dtype)
    flat, which = dout.reshape(len(made), -1), place.reshape(len(made), -1)
    where: Any = (np.arange(len(made))[:, None], which)
    np.add.at(made, where, flat)
    return made.reshape(x.shape)


def _why_out(about: About) -> Words:
    largest, window = _largest(about.inputs, about.index)
    return Words(
        f"Of {counted(len(window), 'cell')} in this window {about.at('x', *largest.index)} is the"
        f" largest: {about.cell} = {number(about.value)}.",
        f"{called_with(about, 'size', 'stride', 'padding')}. Where in the window it stood is"
        " forgotten: a shift of the picture by a cell or two changes little. Backward, the gradient"
        " goes to that cell alone.",
    )


def _why_place(about: About) -> Words:
    largest, _ = _largest(about.inputs, about.index)
    return Words(
        f"The largest of this window is {about.at('x', *largest.index)}; read row by row, that is"
        f" cell {int(about.value):,} of its picture.",
        "It is kept for the way back.",
    )


def _why_dx(about: About) -> Words:
    count = len(_sources(about.inputs, about.index))
    of_x = about.name("x", *about.index)
    short = (
        f"{of_x} was the largest of {counted(count, 'window')}, whose dout it gets."
        if count
        else f"{of_x} was the largest of no window: the loss does not depend on it here."
    )
    return Words(
        f"{short} {about.cell} = {number(about.value)}.",
        "∂out/∂x is 1 at the largest cell of a window and 0 at all others.",
    )


def _pair(argument: str, call: Call, default: object = 1) -> AnyArray:
    given = call[argument]
    if given is None or (isinstance(given, list | tuple) and not given):
        given = default
    return np.broadcast_to(np.array(given, np.int64), (2,)).copy()


def _stride(call: Call) -> AnyArray:
    return _pair("stride", call, call["kernel_size"])


def _counts(call: Call) -> AnyArray:
    return np.array(np.shape(call["result0"])[-2:], np.int64)


_HOW: dict[str, Callable[[Call], Any]] = {
    "size": partial(_pair, "kernel_size"),
    "stride": _stride,
    "padding": partial(_pair, "padding", default=0),
    "dilation": partial(_pair, "dilation"),
}
_READ = ("x", *_HOW, "counts")

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "aten.max_pool2d_with_indices",
        Operation("out", "out = max of a window of x", _READ, "{x}", _out_terms, _out, _why_out),
        {"x": "self"},
        derived=_HOW | {"counts": _counts},
    ),
    Entry(
        "aten.max_pool2d_with_indices.place",
        Operation(
            "place", "place = where the max of x is", _READ, "{x}", _place_terms, _place, _why_place
        ),
        {"x": "self"},
        result="result1",
        derived=_HOW | {"counts": _counts},
    ),
    Entry(
        "aten.max_pool2d_with_indices_backward",
        Operation(
            "dx",
            "dx = Σ dout of the windows it is the max of",
            ("dout", "place", "x"),
            "{dout}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
        {"dout": "grad_output", "place": "indices", "x": "self"},
    ),
)
