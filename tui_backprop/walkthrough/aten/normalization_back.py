"""What a batch normalization lets back: through its mean and its spread as well."""

import math
from functools import partial

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell
from tui_backprop.nn.words import About, Words, counted, number, signs
from tui_backprop.walkthrough.aten.channels import (
    by_channel,
    channel,
    channel_axes,
    channel_cells,
    dout_sum,
    dout_sum_terms,
    of_channel,
)
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, is_asked_for
from tui_backprop.walkthrough.aten.normalization import MOST_LIT, kept_spread
from tui_backprop.walkthrough.aten.normalized_cells import dgamma_share, eps_of


def _dx_terms(inputs: Inputs, index: Index) -> Derivation:
    c = index[1]
    x, dout = channel(inputs, "x", c), channel(inputs, "dout", c)
    gamma, s, mean = of_channel(inputs, "γ", c), cell(inputs, "s", c), cell(inputs, "mean", c)
    own, own_dout = cell(inputs, "x", *index), cell(inputs, "dout", *index)
    slope = gamma.value * s.value
    normal = (x - mean.value) * s.value
    own_normal = (own.value - mean.value) * s.value
    lit = channel_cells(inputs, "dout", c) if x.size <= MOST_LIT else []
    of_mean, of_spread = float(dout.mean()), float((dout * normal).mean())
    largest = float(np.abs(dout).mean())
    first = Term.of("{0} · {1} · {2}", gamma, s, own_dout, value=slope * own_dout.value)
    second = Term.of(
        "−{0} · {1} · Σ dout / N",
        gamma,
        s,
        *lit,
        value=-slope * of_mean,
        scale=abs(slope) * largest,
    )
    third = Term.of(
        "−{0} · {1} · ({2} − {3}) · {1} · Σ dout × (x − {3}) × {1} / N",
        gamma,
        s,
        own,
        mean,
        value=-slope * own_normal * of_spread,
        scale=abs(slope)
        * (abs(own.value) + abs(mean.value))
        * s.value
        * float((np.abs(dout) * (np.abs(x) + abs(mean.value)) * s.value).mean()),
    )
    return Derivation((first, second, third))


def _normal(inputs: Inputs) -> AnyArray:
    x = inputs["x"]
    return np.asarray((x - by_channel(inputs, "mean", x)) * by_channel(inputs, "s", x))


def _dx(inputs: Inputs) -> AnyArray:
    x, dout = inputs["x"], inputs["dout"]
    axes, normal = channel_axes(x), _normal(inputs)
    of_mean = dout.mean(axis=axes, keepdims=True)
    of_spread = (dout * normal).mean(axis=axes, keepdims=True)
    slope = by_channel(inputs, "γ", x) * by_channel(inputs, "s", x)
    return np.asarray(slope * (dout - of_mean - normal * of_spread))


def _kept_dx_terms(inputs: Inputs, index: Index) -> Derivation:
    c = index[1]
    dout, gamma = cell(inputs, "dout", *index), of_channel(inputs, "γ", c)
    var, eps = cell(inputs, "var", c), cell(inputs, "ε")
    value = dout.value * gamma.value / math.sqrt(var.value + eps.value)
    return Derivation((Term.of("{0} · {1} / √({2} + {3})", dout, gamma, var, eps, value=value),))


def _kept_dx(inputs: Inputs) -> AnyArray:
    dout = inputs["dout"]
    return np.asarray(dout * (by_channel(inputs, "γ", dout) / kept_spread(inputs, dout)))


def _dgamma_terms(inputs: Inputs, index: Index) -> Derivation:
    (c,) = index
    mean, s = cell(inputs, "mean", c), cell(inputs, "s", c)
    pairs = zip(channel_cells(inputs, "dout", c), channel_cells(inputs, "x", c), strict=True)
    return Derivation(tuple(dgamma_share(dout, x, mean, s) for dout, x in pairs))


def _dgamma(inputs: Inputs) -> AnyArray:
    dout = inputs["dout"]
    return np.asarray((dout * _normal(inputs)).sum(axis=channel_axes(dout)))


def _kept_dgamma_terms(inputs: Inputs, index: Index) -> Derivation:
    (c,) = index
    mean, var, eps = cell(inputs, "mean", c), cell(inputs, "var", c), cell(inputs, "ε")
    root = math.sqrt(var.value + eps.value)
    pairs = zip(channel_cells(inputs, "dout", c), channel_cells(inputs, "x", c), strict=True)
    return Derivation(
        tuple(
            Term.of(
                "{0} · ({1} − {2}) / √({3} + {4})",
                dout,
                x,
                mean,
                var,
                eps,
                value=dout.value * (x.value - mean.value) / root,
                scale=abs(dout.value) * (abs(x.value) + abs(mean.value)) / root,
            )
            for dout, x in pairs
        )
    )


def _kept_dgamma(inputs: Inputs) -> AnyArray:
    dout, x = inputs["dout"], inputs["x"]
    normal = (x - by_channel(inputs, "mean", x)) / kept_spread(inputs, x)
    return np.asarray((dout * normal).sum(axis=channel_axes(dout)))


def _why_dx(about: About) -> Words:
    return Words(
        f"{about.at('dout', *about.index)}, less what all of the channel's dout have in common,"
        f" less what they have in common with its spread; times γ and s. {about.cell} ="
        f" {number(about.value)}.",
        "x went into its own cell, and by the mean and the spread into every other of its channel."
        " What would only shift or stretch the channel as a whole is undone by the normalization,"
        " so that no gradient goes that way.",
    )


def _why_kept_dx(about: About) -> Words:
    return Words(
        f"{about.at('dout', *about.index)} times the channel's slope, γ over its spread:"
        f" {about.cell} = {number(about.value)}.",
        "Mean and spread are those kept from training, the same whatever x is: each cell goes its"
        " own way.",
    )


def _why_sum(about: About) -> Words:
    dout = about.array("dout")[:, about.index[0]]
    return Words(
        f"{about.parameter} was used for {counted(dout.size, 'cell')} of its channel, whose dout is"
        f" {signs(dout)}. Summed: {about.of_raising(about.parameter)}.",
        "γ multiplies each normalized cell, and β is added to it: ∂out/∂γ is that cell, ∂out/∂β is"
        " 1.",
    )


def _trains(call: Call) -> bool:
    return bool(call["train"]) and call["input"].ndim > 1


def _predicts(call: Call) -> bool:
    return not call["train"] and call["input"].ndim > 1


def _makes_dx(call: Call) -> bool:
    return _trains(call) and is_asked_for(0, call)


def _makes_kept_dx(call: Call) -> bool:
    return _predicts(call) and is_asked_for(0, call)


def _makes_dgamma(call: Call) -> bool:
    return _trains(call) and is_asked_for(1, call)


def _makes_kept_dgamma(call: Call) -> bool:
    return _predicts(call) and is_asked_for(1, call)


_READ = {"dout": "grad_out", "x": "input", "γ": "weight", "mean": "save_mean", "s": "save_invstd"}
_NAME = "aten.native_batch_norm_backward"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        f"{_NAME}.dx",
        Operation(
            "dx",
            "dx = γ s × (dout − Σ dout / N − x̂ × Σ dout x̂ / N), x̂ = (x − mean) × s",
            ("dout", "x", "γ", "mean", "s"),
            "{dout}, {x}",
            _dx_terms,
            _dx,
            _why_dx,
        ),
        _READ,
        when=_makes_dx,
        defaults={"γ": 1.0},
    ),
    Entry(
        f"{_NAME}.dx_predicting",
        Operation(
            "dx",
            "dx = dout × γ / √(var + ε)",
            ("dout", "γ", "var", "ε"),
            "{dout}",
            _kept_dx_terms,
            _kept_dx,
            _why_kept_dx,
        ),
        {"dout": "grad_out", "γ": "weight", "var": "running_var"},
        when=_makes_kept_dx,
        derived={"ε": eps_of},
        defaults={"γ": 1.0},
    ),
    Entry(
        f"{_NAME}.dgamma",
        Operation(
            "dγ",
            "dγ = Σ dout × (x − mean) × s",
            ("dout", "x", "mean", "s"),
            "{dout}, {x}",
            _dgamma_terms,
            _dgamma,
            _why_sum,
        ),
        _READ,
        result="result1",
        when=_makes_dgamma,
    ),
    Entry(
        f"{_NAME}.dgamma_predicting",
        Operation(
            "dγ",
            "dγ = Σ dout × (x − mean) / √(var + ε)",
            ("dout", "x", "mean", "var", "ε"),
            "{dout}, {x}",
            _kept_dgamma_terms,
            _kept_dgamma,
            _why_sum,
        ),
        {"dout": "grad_out", "x": "input", "mean": "running_mean", "var": "running_var"},
        result="result1",
        when=_makes_kept_dgamma,
        derived={"ε": eps_of},
    ),
    Entry(
        f"{_NAME}.dbeta",
        Operation("dβ", "dβ = Σ dout", ("dout",), "Σ {dout}", dout_sum_terms, dout_sum, _why_sum),
        {"dout": "grad_out"},
        result="result2",
        when=partial(is_asked_for, 2),
    ),
)
