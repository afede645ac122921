"""The convolution over any number of axes, with strides, padding, dilation and groups."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tui_backprop.nn.layers import convolution_words
from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, plain, product
from tui_backprop.nn.words import About, Words, number
from tui_backprop.walkthrough.aten.channels import channel_axes, dout_sum, dout_sum_terms
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, is_asked_for, numbers
from tui_backprop.walkthrough.aten.windows import Windows, called_with, is_inside


def _groups(inputs: Inputs, filters: int) -> tuple[int, int]:
    """Return how many groups there are, and how many filters each has."""
    groups = int(inputs["groups"])
    return groups, filters // groups


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, f, *place = index
    _, per_group = _groups(inputs, len(inputs["W"]))
    channels = inputs["W"].shape[1]
    first, windows = f // per_group * channels, Windows.of(inputs)
    terms = []
    for c, *offset in np.ndindex(*inputs["W"].shape[1:]):
        where = windows.met(tuple(place), tuple(offset))
        if is_inside(where, inputs["x"].shape[2:]):
            x = cell(inputs, "x", n, first + c, *where)
            terms.append(product(x, cell(inputs, "W", f, c, *offset)))
    if inputs["b"].ndim:
        terms.append(plain(cell(inputs, "b", f)))
    return Derivation(tuple(terms))


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    n, channel, *where = index
    filters, channels, *size = inputs["W"].shape
    _, per_group = _groups(inputs, filters)
    group, c = divmod(channel, channels)
    windows = Windows.of(inputs)
    return Derivation(
        tuple(
            product(cell(inputs, "dout", n, f, *window), cell(inputs, "W", f, c, *offset))
            for f in range(group * per_group, (group + 1) * per_group)
            for offset in np.ndindex(*size)
            for window in windows.over(tuple(where), offset, inputs["dout"].shape[2:])
        )
    )


def _dW_terms(inputs: Inputs, index: Index) -> Derivation:  # noqa: N802 - the book's name
    f, c, *offset = index
    x, dout = inputs["x"], inputs["dout"]
    groups, per_group = _groups(inputs, dout.shape[1])
    channel, windows = f // per_group * (x.shape[1] // groups) + c, Windows.of(inputs)
    terms = []
    for n, *window in np.ndindex(len(x), *dout.shape[2:]):
        where = windows.met(tuple(window), tuple(offset))
        if is_inside(where, x.shape[2:]):
            met = cell(inputs, "x", n, channel, *where)
            terms.append(product(met, cell(inputs, "dout", n, f, *window)))
    return Derivation(tuple(terms))


def _slices(inputs: Inputs, offset: Index, counts: Index) -> tuple[slice, ...]:
    """Return the cells of the padded picture that one cell of the filter meets, in all windows."""
    stride, dilation = numbers(inputs, "stride"), numbers(inputs, "dilation")
    return tuple(
        slice(u * d, u * d + s * count, s)
        for u, d, s, count in zip(offset, dilation, stride, counts, strict=True)
    )


def _everywhere(cells: tuple[slice, ...]) -> Any:
    """Return these cells, of every channel of every sample."""
    return ..., *cells


def _padded(inputs: Inputs) -> AnyArray:
    around = [(p, p) for p in numbers(inputs, "padding")]
    return np.pad(inputs["x"], [(0, 0), (0, 0), *around])


def _out(inputs: Inputs) -> AnyArray:
    W, x = inputs["W"], _padded(inputs)
    size, spans = W.shape[2:], zip(x.shape[2:], W.shape[2:], *_steps(inputs), strict=True)
    counts = tuple((whole - d * (k - 1) - 1) // s + 1 for whole, k, s, d in spans)
    groups, per_group = _groups(inputs, len(W))
    made = np.zeros((len(x), len(W), *counts), W.dtype)
    for offset in np.ndindex(*size):
        met = x[_everywhere(_slices(inputs, offset, counts))]
        for g in range(groups):
            own = slice(g * per_group, (g + 1) * per_group)
            part = met[:, g * W.shape[1] : (g + 1) * W.shape[1]]
            made[:, own] += np.einsum("nc...,fc->nf...", part, W[(own, slice(None), *offset)])
    b = inputs["b"]
    return made + (b.reshape(-1, *[1] * len(size)) if b.ndim else 0)


def _steps(inputs: Inputs) -> tuple[Index, Index]:
    return numbers(inputs, "stride"), numbers(inputs, "dilation")


def _dx(inputs: Inputs) -> AnyArray:
    W, dout = inputs["W"], inputs["dout"]
    made = np.zeros_like(_padded(inputs))
    groups, per_group = _groups(inputs, len(W))
    for offset in np.ndindex(*W.shape[2:]):
        at = _slices(inputs, offset, dout.shape[2:])
        for g in range(groups):
            own = slice(g * per_group, (g + 1) * per_group)
            back = np.einsum("nf...,fc->nc...", dout[:, own], W[(own, slice(None), *offset)])
            made[(slice(None), slice(g * W.shape[1], (g + 1) * W.shape[1]), *at)] += back
    inner = tuple(
        slice(p, p + size)
        for p, size in zip(numbers(inputs, "padding"), inputs["x"].shape[2:], strict=True)
    )
    return np.asarray(made[_everywhere(inner)])


def _dW(inputs: Inputs) -> AnyArray:  # noqa: N802 - the book's name
    dout, x = inputs["dout"], _padded(inputs)
    groups, per_group = _groups(inputs, dout.shape[1])
    channels = x.shape[1] // groups
    size = numbers(inputs, "size")
    made = np.zeros((dout.shape[1], channels, *size), dout.dtype)
    over = channel_axes(dout)
    for offset in np.ndindex(*size):
        met = x[_everywhere(_slices(inputs, offset, dout.shape[2:]))]
        for g in range(groups):
            own = slice(g * per_group, (g + 1) * per_group)
            part = met[:, g * channels : (g + 1) * channels]
            made[(own, slice(None), *offset)] = np.tensordot(dout[:, own], part, (over, over))
    return made


def _called(about: About) -> str:
    """Return how the convolution was called."""
    groups = int(about.number("groups"))
    how = called_with(about, "stride", "padding", "dilation")
    return how + (f", {groups} groups." if groups > 1 else ".")


def _why_out(about: About) -> Words:
    n, f, *place = about.index
    b = f" {about.at('b', f)} is added." if about.inputs["b"].ndim else ""
    return Words(
        f"Filter {f} on sample {n}, at window {place}: each cell of the window times the filter's"
        f" cell on it, summed.{b} {about.cell} = {number(about.value)}.",
        f"{_called(about)} The same few weights are used at every place of the picture: what a"
        " filter has learned to find, it finds anywhere. The sum is large where the window looks"
        " like the filter.",
    )


def _why_dx(about: About) -> Words:
    products = len(_dx_terms(about.inputs, about.index).terms)
    of_x = about.name("x", *about.index)
    return Words(
        f"∂loss/∂{of_x}: this cell met a filter's weight {products:,} times, in all windows that"
        f" hold it. Each dout there times that weight, summed: {about.of_raising(of_x)}.",
        "By the chain rule ∂loss/∂x is the sum over all that x went into, and for each of them"
        " ∂out/∂x is the weight between the two.",
    )


def _why_dW(about: About) -> Words:  # noqa: N802 - the book's name
    return Words(
        convolution_words.why_dW(about).short,
        "For one window ∂out/∂W is the cell of x that the weight met, and as every window uses the"
        " same weight, their gradients add up.",
    )


def _why_db(about: About) -> Words:
    return Words(
        convolution_words.why_db(about).short,
        "∂out/∂b is 1 in each window, so that nothing is left but the sum of dout.",
    )


def _forwards(call: Call) -> bool:
    return not call["transposed"]


def _makes(result: int, call: Call) -> bool:
    return _forwards(call) and is_asked_for(result, call)


def _per_axis(argument: str, call: Call) -> AnyArray:
    W = call["weight"]
    return np.broadcast_to(np.array(call[argument], np.int64), (np.ndim(W) - 2,)).copy()


def _count_of_groups(call: Call) -> int:
    return int(call["groups"])


def _size(call: Call) -> AnyArray:
    return np.array(np.shape(call["weight"])[2:], np.int64)


_HOW: dict[str, Callable[[Call], Any]] = {
    "stride": partial(_per_axis, "stride"),
    "padding": partial(_per_axis, "padding"),
    "dilation": partial(_per_axis, "dilation"),
    "groups": _count_of_groups,
}
_BACK = {"dout": "grad_output", "x": "input", "W": "weight"}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "aten.convolution",
        Operation(
            "out",
            "out = Σ window of x × W + b",
            ("x", "W", "b", *_HOW),
            "{x} ∗ {W} + {b}",
            _out_terms,
            _out,
            _why_out,
        ),
        {"x": "input", "W": "weight", "b": "bias"},
        when=_forwards,
        derived=_HOW,
        defaults={"b": 0.0},
    ),
    Entry(
        "aten.convolution_backward.dx",
        Operation(
            "dx",
            "dx = Σ dout × W, over the windows that hold it",
            ("dout", "W", "x", *_HOW),
            "{dout} ∗ {W}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
        _BACK,
        when=partial(_makes, 0),
        derived=_HOW,
    ),
    Entry(
        "aten.convolution_backward.dW",
        Operation(
            "dW",
            "dW = Σ window of x × dout",
            ("x", "dout", "size", *_HOW),
            "{x} ∗ {dout}",
            _dW_terms,
            _dW,
            _why_dW,
        ),
        {"x": "input", "dout": "grad_output"},
        result="result1",
        when=partial(_makes, 1),
        derived=_HOW | {"size": _size},
    ),
    Entry(
        "aten.convolution_backward.db",
        Operation("db", "db = Σ dout", ("dout",), "Σ {dout}", dout_sum_terms, dout_sum, _why_db),
        {"dout": "grad_output"},
        result="result2",
        when=partial(_makes, 2),
    ),
)
