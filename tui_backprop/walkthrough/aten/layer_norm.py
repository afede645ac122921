"""Layer normalization: each row brought to mean 0 and variance 1, and what it lets back."""

from collections.abc import Iterator
from functools import partial
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
    constant,
    plain,
)
from tui_backprop.nn.words import About, Words, counted, number, signs
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, is_asked_for
from tui_backprop.walkthrough.aten.normalized_cells import dgamma_share, eps_of, normalized

_FORWARD, _BACKWARD = "aten.native_layer_norm", "aten.native_layer_norm_backward"


def _axes(inputs: Inputs) -> int:
    """Return how many axes, the last ones, make a row."""
    return int(inputs["axes"])


def _split(inputs: Inputs, index: Index) -> tuple[Index, Index]:
    count = len(index) - _axes(inputs)
    return index[:count], index[count:]


def _row(inputs: Inputs, symbol: str, lead: Index) -> list[Operand]:
    shape = inputs[symbol].shape[len(lead) :]
    return [cell(inputs, symbol, *lead, *place) for place in np.ndindex(*shape)]


def _of_row(inputs: Inputs, symbol: str, lead: Index) -> Operand:
    """Return a row's mean or spread, which has axes of length 1 where the row has its own."""
    return cell(inputs, symbol, *lead, *[0] * (inputs[symbol].ndim - len(lead)))


def _affine(inputs: Inputs, symbol: str, place: Index) -> Operand:
    return cell(inputs, symbol, *(place if inputs[symbol].ndim else ()))


def _over(inputs: Inputs) -> tuple[int, ...]:
    return tuple(range(-_axes(inputs), 0))


def _mean_terms(inputs: Inputs, index: Index) -> Derivation:
    row = _row(inputs, "x", index[: inputs["x"].ndim - _axes(inputs)])
    return Derivation(tuple(map(plain, row)), (plain(constant("D", len(row))),))


def _mean(inputs: Inputs) -> AnyArray:
    return np.asarray(inputs["x"].mean(axis=_over(inputs), keepdims=True))


def _s_terms(inputs: Inputs, index: Index) -> Derivation:
    lead = index[: inputs["x"].ndim - _axes(inputs)]
    row, mean, eps = _row(inputs, "x", lead), _of_row(inputs, "mean", lead), cell(inputs, "ε")
    squares = np.array([(operand.value - mean.value) ** 2 for operand in row])
    with np.errstate(all="ignore"):
        value = float(1 / np.sqrt(squares.mean() + eps.value))
    scale = value * (len(row) + (abs(mean.value) * value) ** 2)
    form = "1 / √(Σ (x − {0})² / D + {1})"
    return Derivation((Term.of(form, mean, eps, *row, value=value, scale=scale),))


def _s(inputs: Inputs) -> AnyArray:
    x = inputs["x"]
    variance = ((x - inputs["mean"]) ** 2).mean(axis=_over(inputs), keepdims=True)
    return np.asarray(1 / np.sqrt(variance + x.dtype.type(inputs["ε"])))


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    lead, place = _split(inputs, index)
    x, mean, s = (
        cell(inputs, "x", *index),
        _of_row(inputs, "mean", lead),
        _of_row(inputs, "s", lead),
    )
    return normalized(x, mean, s, _affine(inputs, "γ", place), _affine(inputs, "β", place))


def _out(inputs: Inputs) -> AnyArray:
    gamma, beta = (np.asarray(inputs[name], inputs["x"].dtype) for name in ("γ", "β"))
    return np.asarray((inputs["x"] - inputs["mean"]) * inputs["s"] * gamma + beta)


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    lead, place = _split(inputs, index)
    s, mean = _of_row(inputs, "s", lead), _of_row(inputs, "mean", lead)
    xs, douts = _row(inputs, "x", lead), _row(inputs, "dout", lead)
    gammas = [_affine(inputs, "γ", spot) for spot in np.ndindex(*inputs["x"].shape[len(lead) :])]
    weighed = np.array([d.value * g.value for d, g in zip(douts, gammas, strict=True)])
    normal = np.array([(x.value - mean.value) * s.value for x in xs])
    own, size = int(np.ravel_multi_index(place, inputs["x"].shape[len(lead) :])), len(xs)
    reach = float((np.abs(weighed) * (np.abs([x.value for x in xs]) + abs(mean.value))).sum())
    spread = (abs(xs[own].value) + abs(mean.value)) * s.value**3
    return Derivation(
        (
            Term.of(
                "{0} · {1} · {2}", s, gammas[own], douts[own], value=s.value * float(weighed[own])
            ),
            Term.of(
                "−{0} · Σ γ dout / D",
                s,
                *douts,
                value=-s.value * float(weighed.sum()) / size,
                scale=s.value * float(np.abs(weighed).sum()) / size,
            ),
            Term.of(
                "−{0} · ({1} − {2}) · {0} · Σ γ dout x̂ / D",
                s,
                xs[own],
                mean,
                *xs,
                value=-s.value * float(normal[own]) * float((weighed * normal).sum()) / size,
                scale=spread * reach / size,
            ),
        )
    )


def _dx(inputs: Inputs) -> AnyArray:
    x, s, over = inputs["x"], inputs["s"], _over(inputs)
    normal = (x - inputs["mean"]) * s
    weighed = inputs["dout"] * np.asarray(inputs["γ"], x.dtype)
    of_mean = weighed.mean(axis=over, keepdims=True)
    of_spread = (weighed * normal).mean(axis=over, keepdims=True)
    return np.asarray(s * (weighed - of_mean - normal * of_spread))


def _leads(inputs: Inputs, symbol: str) -> Iterator[Index]:
    """Yield the place of each row of an input."""
    return np.ndindex(*inputs[symbol].shape[: inputs[symbol].ndim - _axes(inputs)])


def _dgamma_terms(inputs: Inputs, index: Index) -> Derivation:
    terms = []
    for lead in _leads(inputs, "x"):
        dout, x = cell(inputs, "dout", *lead, *index), cell(inputs, "x", *lead, *index)
        mean, s = _of_row(inputs, "mean", lead), _of_row(inputs, "s", lead)
        terms.append(dgamma_share(dout, x, mean, s))
    return Derivation(tuple(terms))


def _dgamma(inputs: Inputs) -> AnyArray:
    normal = (inputs["x"] - inputs["mean"]) * inputs["s"]
    return np.asarray((inputs["dout"] * normal).sum(axis=_lead_axes(inputs)))


def _lead_axes(inputs: Inputs) -> tuple[int, ...]:
    return tuple(range(inputs["dout"].ndim - _axes(inputs)))


def _dbeta_terms(inputs: Inputs, index: Index) -> Derivation:
    douts = (cell(inputs, "dout", *lead, *index) for lead in _leads(inputs, "dout"))
    return Derivation(tuple(map(plain, douts)))


def _dbeta(inputs: Inputs) -> AnyArray:
    return np.asarray(inputs["dout"].sum(axis=_lead_axes(inputs)))


def _why_mean(about: About) -> Words:
    return Words(
        f"The mean of one row of x: {number(about.value)}.",
        "Each row has its own, whatever the other samples are.",
    )


def _why_s(about: About) -> Words:
    return Words(
        f"This row spreads around its mean by {number(1 / about.value)}, and s is 1 over that.",
        "The standard deviation, with ε under the root so that a row of equal values is not divided"
        " by 0.",
    )


def _why_out(about: About) -> Words:
    lead, _ = _split(about.inputs, about.index)
    mean = _of_row(about.inputs, "mean", lead)
    return Words(
        f"{about.at('x', *about.index)} less its row's mean, {number(mean.value)}, over the row's"
        f" spread, times γ, plus β: {about.cell} = {number(about.value)}.",
        "Whatever scale a row came in, the layer behind this sees the same. γ and β, one for each"
        " place of a row, are learned.",
    )


def _why_dx(about: About) -> Words:
    return Words(
        f"{about.at('dout', *about.index)} times γ, less what the row's have in common, less what"
        f" they have in common with its spread; times s. {about.cell} = {number(about.value)}.",
        "x went into its own cell, and by mean and spread into all of its row. What would only"
        " shift or stretch the row as a whole is undone by the normalization: no gradient goes"
        " that way.",
    )


def _why_sum(about: About) -> Words:
    place: Any = (..., *about.index)
    column = about.array("dout")[place]
    return Words(
        f"{about.parameter} was used for {counted(column.size, 'row')}, whose dout is"
        f" {signs(column)}. Summed: {about.of_raising(about.parameter)}.",
        "γ multiplies each normalized cell of its place, and β is added to it: ∂out/∂γ is that"
        " cell, ∂out/∂β is 1.",
    )


def _row_axes(call: Call) -> int:
    return len(call["normalized_shape"])


_X = {"x": "input"}
_ROWS = {"axes": _row_axes}
_BACK = {"dout": "grad_out", "x": "input", "mean": "mean", "s": "rstd", "γ": "weight"}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        f"{_FORWARD}.mean",
        Operation("mean", "mean = Σ x / D", ("x", "axes"), "{x}", _mean_terms, _mean, _why_mean),
        _X,
        result="result1",
        derived=_ROWS,
    ),
    Entry(
        f"{_FORWARD}.s",
        Operation(
            "s",
            "s = 1 / √(Σ (x − mean)² / D + ε)",
            ("x", "mean", "ε", "axes"),
            "{x}, {mean}",
            _s_terms,
            _s,
            _why_s,
        ),
        _X | {"mean": "result1"},
        result="result2",
        derived=_ROWS | {"ε": eps_of},
    ),
    Entry(
        _FORWARD,
        Operation(
            "out",
            "out = (x − mean) × s × γ + β",
            ("x", "mean", "s", "γ", "β", "axes"),
            "{x}, {mean}, {s}",
            _out_terms,
            _out,
            _why_out,
        ),
        _X | {"mean": "result1", "s": "result2", "γ": "weight", "β": "bias"},
        derived=_ROWS,
        defaults={"γ": 1.0, "β": 0.0},
    ),
    Entry(
        f"{_BACKWARD}.dx",
        Operation(
            "dx",
            "dx = s × (γ dout − Σ γ dout / D − x̂ × Σ γ dout x̂ / D), x̂ = (x − mean) × s",
            ("dout", "x", "mean", "s", "γ", "axes"),
            "{dout}, {x}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
        _BACK,
        when=partial(is_asked_for, 0),
        derived=_ROWS,
        defaults={"γ": 1.0},
    ),
    Entry(
        f"{_BACKWARD}.dgamma",
        Operation(
            "dγ",
            "dγ = Σ dout × (x − mean) × s",
            ("dout", "x", "mean", "s", "axes"),
            "{dout}, {x}",
            _dgamma_terms,
            _dgamma,
            _why_sum,
        ),
        _BACK,
        result="result1",
        when=partial(is_asked_for, 1),
        derived=_ROWS,
    ),
    Entry(
        f"{_BACKWARD}.dbeta",
        Operation(
            "dβ", "dβ = Σ dout", ("dout", "axes"), "Σ {dout}", _dbeta_terms, _dbeta, _why_sum
        ),
        _BACK,
        result="result2",
        when=partial(is_asked_for, 2),
        derived=_ROWS,
    ),
)
