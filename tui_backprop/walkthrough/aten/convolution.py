"""The convolution over any number of axes, with strides, padding, dilation and groups."""

from collections.abc import Iterator
from itertools import product as places
from typing import Any

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, plain, product
from tui_backprop.nn.words import About, Words, counted, number, signs
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, numbers


def _groups(inputs: Inputs, filters: int) -> tuple[int, int]:
    """Return how many groups there are, and how many filters each has."""
    groups = int(inputs["groups"])
    return groups, filters // groups


def _met(inputs: Inputs, place: Index, offset: Index) -> Index:
    """Return where in the padded picture's own cells a filter's cell lies for one window."""
    given = (numbers(inputs, symbol) for symbol in ("stride", "dilation", "padding"))
    return tuple(i * s + u * d - p for i, u, s, d, p in zip(place, offset, *given, strict=True))


def _inside(where: Index, shape: tuple[int, ...]) -> bool:
    return all(0 <= i < size for i, size in zip(where, shape, strict=True))


def _windows_over(inputs: Inputs, where: Index, offset: Index, shape: Index) -> Iterator[Index]:
    """Yield the window, if there is one, whose filter's cell `offset` lies on this place."""
    given = (numbers(inputs, symbol) for symbol in ("stride", "dilation", "padding"))
    found = []
    for i, u, s, d, p in zip(where, offset, *given, strict=True):
        window, rest = divmod(i + p - u * d, s)
        if rest:
            return
        found.append(window)
    if _inside(tuple(found), shape):
        yield tuple(found)


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    n, f, *place = index
    _, per_group = _groups(inputs, len(inputs["W"]))
    channels = inputs["W"].shape[1]
    first = f // per_group * channels
    terms = []
    for c, *offset in np.ndindex(*inputs["W"].shape[1:]):
        where = _met(inputs, tuple(place), tuple(offset))
        if _inside(where, inputs["x"].shape[2:]):
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
    return Derivation(
        tuple(
            product(cell(inputs, "dout", n, f, *window), cell(inputs, "W", f, c, *offset))
            for f in range(group * per_group, (group + 1) * per_group)
            for offset in np.ndindex(*size)
            for window in _windows_over(inputs, tuple(where), offset, inputs["dout"].shape[2:])
        )
    )


def _dW_terms(inputs: Inputs, index: Index) -> Derivation:  # noqa: N802 - the book's name
    f, c, *offset = index
    x, dout = inputs["x"], inputs["dout"]
    groups, per_group = _groups(inputs, dout.shape[1])
    channel = f // per_group * (x.shape[1] // groups) + c
    terms = []
    for n, *window in np.ndindex(len(x), *dout.shape[2:]):
        where = _met(inputs, tuple(window), tuple(offset))
        if _inside(where, x.shape[2:]):
            met = cell(inputs, "x", n, channel, *where)
            terms.append(product(met, cell(inputs, "dout", n, f, *window)))
    return Derivation(tuple(terms))


def _db_terms(inputs: Inputs, index: Index) -> Derivation:
    n, _, *place = inputs["dout"].shape
    every = places(range(n), index, *map(range, place))
    return Derivation(tuple(plain(cell(inputs, "dout", *one)) for one in every))


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
    over = (0, *range(2, dout.ndim))
    for offset in np.ndindex(*size):
        met = x[_everywhere(_slices(inputs, offset, dout.shape[2:]))]
        for g in range(groups):
            own = slice(g * per_group, (g + 1) * per_group)
            part = met[:, g * channels : (g + 1) * channels]
            made[(own, slice(None), *offset)] = np.tensordot(dout[:, own], part, (over, over))
    return made


def _db(inputs: Inputs) -> AnyArray:
    dout = inputs["dout"]
    db: AnyArray = dout.sum(axis=(0, *range(2, dout.ndim)))
    return db


def _called(about: About) -> str:
    """Return how the convolution was called."""
    how = ", ".join(
        f"{symbol} {'×'.join(map(str, numbers(about.inputs, symbol)))}"
        for symbol in ("stride", "padding", "dilation")
    )
    groups = int(about.number("groups"))
    return f"Called with {how}" + (f", {groups} groups." if groups > 1 else ".")


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
    dout = about.array("dout")[:, about.index[0]]
    return Words(
        f"{about.parameter} was laid on one cell of each window, {counted(dout.size, 'window')} in"
        f" all samples: their dout is {signs(dout)}. Each times the cell of x there, summed:"
        f" {about.of_raising(about.parameter)}.",
        "For one window ∂out/∂W is the cell of x that the weight met, and as every window uses the"
        " same weight, their gradients add up.",
    )


def _why_db(about: About) -> Words:
    dout = about.array("dout")[:, about.index[0]]
    return Words(
        f"{about.parameter} is added to what filter {about.index[0]} makes of each window: dout of"
        f" {counted(dout.size, 'window')} is {signs(dout)}. Summed:"
        f" {about.of_raising(about.parameter)}.",
        "∂out/∂b is 1 in each window, so that nothing is left but the sum of dout.",
    )


def _forwards(call: Call) -> bool:
    return not call["transposed"]


def _makes(result: int, call: Call) -> bool:
    return _forwards(call) and bool(call["output_mask"][result])


def _makes_dx(call: Call) -> bool:
    return _makes(0, call)


def _makes_dW(call: Call) -> bool:  # noqa: N802 - the book's name
    return _makes(1, call)


def _makes_db(call: Call) -> bool:
    return _makes(2, call)


def _per_axis(argument: str, call: Call) -> AnyArray:
    W = call["weight"]
    return np.broadcast_to(np.array(call[argument], np.int64), (np.ndim(W) - 2,)).copy()


def _stride(call: Call) -> AnyArray:
    return _per_axis("stride", call)


def _padding(call: Call) -> AnyArray:
    return _per_axis("padding", call)


def _dilation(call: Call) -> AnyArray:
    return _per_axis("dilation", call)


def _count_of_groups(call: Call) -> int:
    return int(call["groups"])


def _size(call: Call) -> AnyArray:
    return np.array(np.shape(call["weight"])[2:], np.int64)


_HOW = {
    "stride": _stride,
    "padding": _padding,
    "dilation": _dilation,
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
        when=_makes_dx,
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
        when=_makes_dW,
        derived=_HOW | {"size": _size},
    ),
    Entry(
        "aten.convolution_backward.db",
        Operation("db", "db = Σ dout", ("dout",), "Σ {dout}", _db_terms, _db, _why_db),
        {"dout": "grad_output"},
        result="result2",
        when=_makes_db,
    ),
)
