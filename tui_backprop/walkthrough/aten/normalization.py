"""Batch normalization: each channel brought to mean 0 and variance 1 over the minibatch."""

import math

import numpy as np

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
from tui_backprop.walkthrough.aten.channels import (
    by_channel,
    channel,
    channel_axes,
    channel_cells,
    of_channel,
)
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry
from tui_backprop.walkthrough.aten.normalized_cells import eps_of, normalized

MOST_LIT = 4096
"""Cells of one channel that are named as read; of more, only those that are written."""


def _count(x: AnyArray) -> int:
    return int(x.size // x.shape[1])


def _mean_terms(inputs: Inputs, index: Index) -> Derivation:
    cells = channel_cells(inputs, "x", *index)
    return Derivation(tuple(map(plain, cells)), (plain(constant("N", len(cells))),))


def _mean(inputs: Inputs) -> AnyArray:
    mean: AnyArray = inputs["x"].mean(axis=channel_axes(inputs["x"]))
    return mean


def _s_terms(inputs: Inputs, index: Index) -> Derivation:
    (c,) = index
    x, mean, eps = channel(inputs, "x", c), cell(inputs, "mean", c), cell(inputs, "ε")
    with np.errstate(all="ignore"):
        value = float(1 / np.sqrt(((x - mean.value) ** 2).mean() + eps.value))
    lit = channel_cells(inputs, "x", c) if x.size <= MOST_LIT else []
    scale = value * (x.size + (abs(mean.value) * value) ** 2)
    form = "1 / √(Σ (x − {0})² / N + {1})"
    return Derivation((Term.of(form, mean, eps, *lit, value=value, scale=scale),))


def _s(inputs: Inputs) -> AnyArray:
    x = inputs["x"]
    centred = x - by_channel(inputs, "mean", x)
    s: AnyArray = 1 / np.sqrt((centred**2).mean(axis=channel_axes(x)) + x.dtype.type(inputs["ε"]))
    return s


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    c = index[1]
    x, mean, s = cell(inputs, "x", *index), cell(inputs, "mean", c), cell(inputs, "s", c)
    return normalized(x, mean, s, of_channel(inputs, "γ", c), of_channel(inputs, "β", c))


def _out(inputs: Inputs) -> AnyArray:
    x = inputs["x"]
    mean, s, gamma, beta = (by_channel(inputs, name, x) for name in ("mean", "s", "γ", "β"))
    out: AnyArray = (x - mean) * s * gamma + beta
    return out


def _kept_terms(inputs: Inputs, index: Index) -> Derivation:
    c = index[1]
    x, mean, var = cell(inputs, "x", *index), cell(inputs, "mean", c), cell(inputs, "var", c)
    gamma, beta, eps = of_channel(inputs, "γ", c), of_channel(inputs, "β", c), cell(inputs, "ε")
    slope = gamma.value / math.sqrt(var.value + eps.value)
    scale = (abs(x.value) + abs(mean.value)) * abs(slope)
    form = "({0} − {1}) / √({2} + {3}) · {4}"
    value = (x.value - mean.value) * slope
    term = Term.of(form, x, mean, var, eps, gamma, value=value, scale=scale)
    return Derivation((term, plain(beta)))


def kept_spread(inputs: Inputs, like: AnyArray) -> AnyArray:
    """Return each channel's spread as kept from training, so that it meets the cells of `like`."""
    return np.asarray(np.sqrt(by_channel(inputs, "var", like) + like.dtype.type(inputs["ε"])))


def _kept(inputs: Inputs) -> AnyArray:
    x = inputs["x"]
    mean, gamma, beta = (by_channel(inputs, name, x) for name in ("mean", "γ", "β"))
    out: AnyArray = (x - mean) / kept_spread(inputs, x) * gamma + beta
    return out


def _running_terms(inputs: Inputs, index: Index) -> Derivation:
    share, kept = cell(inputs, "c"), cell(inputs, "running", *index)
    mean = cell(inputs, "mean", *index)
    stays = Term.of("(1 − {0}) · {1}", share, kept, value=(1 - share.value) * kept.value)
    comes = Term.of("{0} · {1}", share, mean, value=share.value * mean.value)
    return Derivation((stays, comes))


def _running(inputs: Inputs) -> AnyArray:
    share = float(inputs["c"])
    return np.asarray(inputs["running"] * (1 - share) + inputs["mean"] * share)


def _variance_terms(inputs: Inputs, index: Index) -> Derivation:
    share, kept, s = cell(inputs, "c"), cell(inputs, "running", *index), cell(inputs, "s", *index)
    eps, count = cell(inputs, "ε"), cell(inputs, "N")
    variance = (1 / s.value**2 - eps.value) * count.value / max(1.0, count.value - 1)
    stays = Term.of("(1 − {0}) · {1}", share, kept, value=(1 - share.value) * kept.value)
    scale = share.value * (variance + 2 * eps.value) * (2 + count.value)
    form = "{0} · (1 / {1}² − {2}) · {3} / ({3} − 1)"
    value = share.value * variance
    return Derivation((stays, Term.of(form, share, s, eps, count, value=value, scale=scale)))


def _variance(inputs: Inputs) -> AnyArray:
    share, count = float(inputs["c"]), float(inputs["N"])
    variance = (1 / inputs["s"] ** 2 - float(inputs["ε"])) * (count / max(1.0, count - 1))
    return np.asarray(inputs["running"] * (1 - share) + variance * share)


def _why_mean(about: About) -> Words:
    count = _count(about.inputs["x"])
    return Words(
        f"The mean of channel {about.index[0]} over {counted(count, 'cell')} of the minibatch:"
        f" {number(about.value)}.",
        "All samples have a share in it: through the mean each of them changes what the others come"
        " to.",
    )


def _why_s(about: About) -> Words:
    return Words(
        f"Channel {about.index[0]} spreads around its mean by {number(1 / about.value)}, and s is 1"
        " over that.",
        "The standard deviation, with ε under the root so that a channel of equal values is not"
        " divided by 0.",
    )


def _why_out(about: About) -> Words:
    c = about.index[1]
    return Words(
        f"{about.at('x', *about.index)} less the mean {about.at('mean', c)}, over the spread of its"
        f" channel, times γ, plus β: {about.cell} = {number(about.value)}.",
        "Whatever scale a channel came in, behind this it has the mean β and the spread γ, which"
        " the net learns.",
    )


def _why_running(about: About) -> Words:
    return Words(
        f"{about.at('running', *about.index)} goes {number(about.number('c'))} of the way to this"
        f" minibatch's: {number(about.value)}.",
        "State, kept for when the net only predicts: there may then be one sample alone, which has"
        " no mean and no spread of its own.",
    )


def _momentum(call: Call) -> float:
    return float(call["momentum"])


def _cells(call: Call) -> float:
    return float(_count(call["input"]))


def _trains(call: Call) -> bool:
    return bool(call["training"]) and call["input"].ndim > 1


def _predicts(call: Call) -> bool:
    return not call["training"] and call["input"].ndim > 1


def _keeps(call: Call) -> bool:
    return _trains(call) and call["running_mean"] is not None and call["momentum"] is not None


_AFFINE = {"x": "input", "γ": "weight", "β": "bias"}
_NEUTRAL = {"γ": 1.0, "β": 0.0}


def _entries(name: str) -> tuple[Entry, ...]:
    return (
        Entry(
            f"{name}.mean",
            Operation("mean", "mean = Σ x / N", ("x",), "{x}", _mean_terms, _mean, _why_mean),
            {"x": "input"},
            result="result1",
            when=_trains,
        ),
        Entry(
            f"{name}.s",
            Operation(
                "s",
                "s = 1 / √(Σ (x − mean)² / N + ε)",
                ("x", "mean", "ε"),
                "{x}, {mean}",
                _s_terms,
                _s,
                _why_s,
            ),
            {"x": "input", "mean": "result1"},
            result="result2",
            when=_trains,
            derived={"ε": eps_of},
        ),
        Entry(
            name,
            Operation(
                "out",
                "out = (x − mean) × s × γ + β",
                ("x", "mean", "s", "γ", "β"),
                "{x}, {mean}, {s}",
                _out_terms,
                _out,
                _why_out,
            ),
            _AFFINE | {"mean": "result1", "s": "result2"},
            when=_trains,
            defaults=_NEUTRAL,
        ),
        Entry(
            f"{name}.predicting",
            Operation(
                "out",
                "out = (x − mean) / √(var + ε) × γ + β",
                ("x", "mean", "var", "γ", "β", "ε"),
                "{x}, {mean}, {var}",
                _kept_terms,
                _kept,
                _why_out,
            ),
            _AFFINE | {"mean": "running_mean", "var": "running_var"},
            when=_predicts,
            derived={"ε": eps_of},
            defaults=_NEUTRAL,
        ),
        Entry(
            f"{name}.running_mean",
            Operation(
                "running",
                "running ← (1 − c) running + c mean",
                ("running", "mean", "c"),
                "{running}, {mean}",
                _running_terms,
                _running,
                _why_running,
            ),
            {"running": "running_mean", "mean": "result1"},
            result="running_mean",
            when=_keeps,
            derived={"c": _momentum},
        ),
        Entry(
            f"{name}.running_var",
            Operation(
                "running",
                "running ← (1 − c) running + c (1 / s² − ε) N / (N − 1)",
                ("running", "s", "c", "ε", "N"),
                "{running}, {s}",
                _variance_terms,
                _variance,
                _why_running,
            ),
            {"running": "running_var", "s": "result2"},
            result="running_var",
            when=_keeps,
            derived={"c": _momentum, "ε": eps_of, "N": _cells},
        ),
    )


ENTRIES: tuple[Entry, ...] = (
    *_entries("aten.native_batch_norm"),
    *_entries("aten._native_batch_norm_legit"),
    *_entries("aten.cudnn_batch_norm"),
)
