"""Sums and means over axes, and over all there is."""

from collections.abc import Iterator
from functools import partial
from itertools import product as places

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, constant, plain
from tui_backprop.nn.words import About, Words, counted, number, signs
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, axes_of, numbers

_BIASES = (("aten.addmm", "self"),)


def cells_of(shape: tuple[int, ...], axes: tuple[int, ...], index: Index) -> Iterator[Index]:
    """Yield the cells that a cell of a sum over some axes is the sum of.

    The axes may be left out of `index`, or stand in it with length 1.
    """
    kept = len(index) == len(shape)
    rest = iter(index)
    spans = []
    for axis, size in enumerate(shape):
        if axis in axes:
            spans.append(range(size))
            if kept:
                next(rest)
        else:
            place = next(rest)
            spans.append(range(place, place + 1))
    return places(*spans)


def _terms(name: str, divides: bool, inputs: Inputs, index: Index) -> Derivation:
    shape = inputs[name].shape
    listed = cells_of(shape, _summed(inputs, name), index)
    cells = tuple(plain(cell(inputs, name, *place)) for place in listed)
    return Derivation(cells, (plain(constant("N", len(cells))),) if divides else ())


def _summed(inputs: Inputs, name: str) -> tuple[int, ...]:
    axes = numbers(inputs, "axes")
    return axes if inputs["axes"].size else tuple(range(inputs[name].ndim))


def _compute(name: str, divides: bool, inputs: Inputs) -> AnyArray:
    x, axes, keep = inputs[name], _summed(inputs, name), bool(inputs["keep"])
    made: AnyArray = (
        x.mean(axis=axes, keepdims=keep) if divides else x.sum(axis=axes, keepdims=keep)
    )
    return np.asarray(made)


def _db_terms(inputs: Inputs, index: Index) -> Derivation:
    rows = range(len(inputs["dout"]))
    return Derivation(tuple(plain(cell(inputs, "dout", n, index[-1])) for n in rows))


def _db(inputs: Inputs) -> AnyArray:
    db: AnyArray = inputs["dout"].sum(axis=0)
    return db


def _why_db(about: About) -> Words:
    dout = about.array("dout")[:, about.index[-1]]
    return Words(
        f"{about.parameter} is added to this unit of every row, so each has its say: dout of"
        f" {counted(dout.size, 'row')} is {signs(dout)}. Summed:"
        f" {about.of_raising(about.parameter)}.",
        "∂out/∂b is 1 in each row, so that nothing is left but the sum of dout. It is no mean:"
        " where the loss is one, its 1/N is already in dout.",
    )


def _why(name: str, divides: bool, about: About) -> Words:
    x = about.array(name)
    listed = list(cells_of(x.shape, _summed(about.inputs, name), about.index))
    values = np.array([x[place] for place in listed])
    largest = listed[int(np.abs(values).argmax())]
    made = "The mean" if divides else "The sum"
    return Words(
        f"{made} of {counted(values.size, 'cell')}: {signs(values)}. The largest is"
        f" {about.at(name, *largest)}. {about.cell} = {number(about.value)}.",
        "Each of them moves the mean by 1/N of its own move: backward, each gets 1/N of the"
        " gradient."
        if divides
        else "Each of them moves the sum by as much as itself: backward, each gets the whole"
        " gradient. And the other way round: what was spread over many cells forward gets the sum"
        " of their gradients.",
    )


def _axes(call: Call) -> AnyArray:
    return np.array(axes_of(call), np.int64)


def _keep(call: Call) -> bool:
    return bool(call["keepdim"])


def _is_bias(call: Call) -> bool:
    return call.gradient_of in _BIASES and axes_of(call) == (0,)


def _entry(key: str, formula: str, *, divides: bool) -> Entry:
    given = ("x", divides)
    operation = Operation(
        "out",
        formula,
        ("x", "axes", "keep"),
        "Σ {x}",
        partial(_terms, *given),
        partial(_compute, *given),
        partial(_why, *given),
    )
    return Entry(key, operation, {"x": "self"}, derived={"axes": _axes, "keep": _keep})


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "aten.sum.db",
        Operation("db", "db = Σₙ dout", ("dout",), "Σₙ {dout}", _db_terms, _db, _why_db),
        {"dout": "self"},
        when=_is_bias,
        flat=True,
    ),
    _entry("aten.sum", "out = Σ x", divides=False),
    _entry("aten.mean", "out = Σ x / N", divides=True),
)
