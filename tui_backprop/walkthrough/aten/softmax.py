"""Softmax and its log along one axis, and what they let back."""

import math
from typing import Any

import numpy as np

from tui_backprop.nn.operation import (
    Derivation,
    Index,
    Inputs,
    Operand,
    Operation,
    Term,
    cell,
)
from tui_backprop.nn.words import About, Words, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, line_through


def _axis(inputs: Inputs, symbol: str) -> int:
    return int(inputs["axis"]) % max(1, inputs[symbol].ndim)


def _line(inputs: Inputs, symbol: str, index: Index) -> list[Operand]:
    """Return the cells along the axis through a cell."""
    listed = line_through(inputs[symbol].shape, index, _axis(inputs, symbol))
    return [cell(inputs, symbol, *place) for place in listed]


def _exponential(x: Operand, largest: Operand) -> Term:
    value = 0.0 if x.value == -math.inf else math.exp(min(0.0, x.value - largest.value))
    if math.isnan(x.value):
        value = math.nan
    # A rounding error in the exponent is as large as the exponent, times eps.
    scale = value * (1 + abs(x.value - largest.value)) if value else 0.0
    return Term.of("exp({0} − {1})", x, largest, value=value, scale=scale)


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    line = _line(inputs, "x", index)
    largest = max(line, key=lambda operand: operand.value)
    if largest.value == -math.inf:
        # Nothing is left of a line that is masked out as a whole.
        return Derivation((Term.of("0, as all of x is −∞", *line, value=0.0),))
    exponentials = tuple(_exponential(operand, largest) for operand in line)
    return Derivation((exponentials[index[_axis(inputs, "x")]],), exponentials)


def _out(inputs: Inputs) -> AnyArray:
    x, axis = inputs["x"], _axis(inputs, "x")
    largest = x.max(axis=axis, keepdims=True)
    powers = np.exp(x - np.where(np.isneginf(largest), 0, largest))
    total = powers.sum(axis=axis, keepdims=True)
    made: AnyArray = np.divide(powers, total, out=np.zeros_like(powers), where=total != 0)
    return made


def _log_terms(inputs: Inputs, index: Index) -> Derivation:
    line = _line(inputs, "x", index)
    x = line[index[_axis(inputs, "x")]]
    largest = max(line, key=lambda operand: operand.value)
    total = math.fsum(_exponential(operand, largest).value for operand in line)
    value = x.value - largest.value - (math.log(total) if total > 0 else math.nan)
    form = "{0} − {1} − log Σₖ exp(xₖ − {1})"
    # All of the line is read, though only two of it are written.
    scale = abs(x.value) + abs(largest.value) + len(line)
    return Derivation((Term.of(form, x, largest, *line, value=value, scale=scale),))


def _log(inputs: Inputs) -> AnyArray:
    x, axis = inputs["x"], _axis(inputs, "x")
    shifted = x - x.max(axis=axis, keepdims=True)
    made: AnyArray = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return made


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    outs, douts = _line(inputs, "out", index), _line(inputs, "dout", index)
    own = index[_axis(inputs, "out")]
    out = outs[own]
    first = Term.of("{0} · {1}", out, douts[own], value=out.value * douts[own].value)
    rest = (
        Term.of("−{0} · {1} · {2}", out, o, d, value=-out.value * o.value * d.value)
        for o, d in zip(outs, douts, strict=True)
    )
    return Derivation((first, *rest))


def _dx(inputs: Inputs) -> AnyArray:
    out, dout, axis = inputs["out"], inputs["dout"], _axis(inputs, "out")
    made: AnyArray = out * (dout - (out * dout).sum(axis=axis, keepdims=True))
    return made


def _log_dx_terms(inputs: Inputs, index: Index) -> Derivation:
    out, douts = cell(inputs, "out", *index), _line(inputs, "dout", index)
    own = douts[index[_axis(inputs, "out")]]
    with np.errstate(all="ignore"):
        share = float(np.exp(out.value))
    first = Term.of("{0}", own, value=own.value)
    rest = (
        Term.of(
            "−exp({0}) · {1}",
            out,
            d,
            value=-share * d.value,
            scale=share * abs(d.value) * (1 + abs(out.value)),
        )
        for d in douts
        if d.value
    )
    return Derivation((first, *rest))


def _log_dx(inputs: Inputs) -> AnyArray:
    out, dout, axis = inputs["out"], inputs["dout"], _axis(inputs, "out")
    made: AnyArray = dout - np.exp(out) * dout.sum(axis=axis, keepdims=True)
    return made


def _highest(about: About, symbol: str) -> str:
    axis = _axis(about.inputs, symbol)
    line: Any = (*about.index[:axis], slice(None), *about.index[axis + 1 :])
    k = int(about.array(symbol)[line].argmax())
    return about.at(symbol, *about.index[:axis], k, *about.index[axis + 1 :])


def _why_out(about: About) -> Words:
    return Words(
        f"{about.at('x', *about.index)} gets the share {number(about.value)} of its line. The"
        f" highest of the line is {_highest(about, 'x')}.",
        "exp makes every score positive; divided by their sum, the line adds up to 1. The highest"
        " is taken off first: that changes no quotient, and no exp overflows.",
    )


def _why_log(about: About) -> Words:
    return Words(
        f"The log of the share that {about.at('x', *about.index)} has of its line:"
        f" exp({number(about.value)}) = {number(math.exp(about.value))}. The highest of the line is"
        f" {_highest(about, 'x')}.",
        "This is the log of softmax, taken in one go: where a share is too small for its type, its"
        " log still is not.",
    )


def _why_dx(about: About) -> Words:
    return Words(
        f"{about.at('dout', *about.index)} less the mean of dout over the line, each cell weighed"
        f" by its own share, times the share {about.at('out', *about.index)}: {about.cell} ="
        f" {number(about.value)}.",
        "Shares add up to 1: one can only rise where others fall, so that what is common to all of"
        " dout has no effect. The chain rule through exp and quotient leaves exactly this.",
    )


def _why_log_dx(about: About) -> Words:
    share = math.exp(about.number("out", *about.index))
    return Words(
        f"{about.at('dout', *about.index)}, less the share {number(share)} of the sum of dout over"
        f" the line: {about.cell} = {number(about.value)}.",
        "Where dout is −1/N at the right class and 0 elsewhere, this is (y − t) / N with y the"
        " probabilities: the gradient at the scores.",
    )


def _dim(call: Call) -> int:
    return int(call["dim"])


def _entry(
    key: str, output: str, formula: str, reads: dict[str, str], parts: tuple[Any, ...]
) -> Entry:
    shapes = ", ".join(f"{{{symbol}}}" for symbol in reads)
    operation = Operation(output, formula, (*reads, "axis"), shapes, *parts)
    return Entry(key, operation, reads, derived={"axis": _dim})


_X = {"x": "self"}
_BACK = {"dout": "grad_output", "out": "output"}
_SOFTMAX = "out = exp(x) / Σₖ exp(xₖ)"

ENTRIES: tuple[Entry, ...] = (
    _entry("aten._softmax", "out", _SOFTMAX, _X, (_out_terms, _out, _why_out)),
    _entry("aten._safe_softmax", "out", _SOFTMAX, _X, (_out_terms, _out, _why_out)),
    _entry(
        "aten._softmax_backward_data",
        "dx",
        "dx = out × (dout − Σₖ outₖ doutₖ)",
        _BACK,
        (_dx_terms, _dx, _why_dx),
    ),
    _entry(
        "aten._log_softmax",
        "out",
        "out = x − log Σₖ exp(xₖ)",
        _X,
        (_log_terms, _log, _why_log),
    ),
    _entry(
        "aten._log_softmax_backward_data",
        "dx",
        "dx = dout − exp(out) × Σₖ doutₖ",
        _BACK,
        (_log_dx_terms, _log_dx, _why_log_dx),
    ),
)
