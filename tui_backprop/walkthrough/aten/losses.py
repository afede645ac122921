"""Losses: of classes by their log-probabilities, and of numbers by their squared errors."""

from functools import partial

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
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, spread, spread_index

_NONE, _MEAN, _SUM = 0, 1, 2
"""How PyTorch counts its ways of reducing a loss."""


def _counted_rows(inputs: Inputs) -> AnyArray:
    """Return the rows whose target is not the one to be ignored."""
    return np.flatnonzero(np.atleast_1d(inputs["t"]) != int(inputs["ignored"]))


def _picked(inputs: Inputs, n: int) -> Term:
    label = int(np.atleast_1d(inputs["t"])[n])
    place = (n, label) if inputs["x"].ndim > 1 else (label,)
    picked = cell(inputs, "x", *place)
    return Term.of("−{0}", picked, value=-picked.value)


def _nll_terms(way: int, inputs: Inputs, index: Index) -> Derivation:
    if way == _NONE:
        ignored = int(inputs["t"][index]) == int(inputs["ignored"])
        return Derivation(() if ignored else (_picked(inputs, *index),))
    rows = _counted_rows(inputs)
    terms = tuple(_picked(inputs, int(n)) for n in rows)
    return Derivation(terms, (plain(constant("N", len(rows))),) if way == _MEAN else ())


def _nll(way: int, inputs: Inputs) -> AnyArray:
    x, t, rows = np.atleast_2d(inputs["x"]), np.atleast_1d(inputs["t"]), _counted_rows(inputs)
    losses = np.zeros(len(x), x.dtype)
    losses[rows] = -x[rows, t[rows]]
    if way == _NONE:
        return losses
    total = losses.sum()
    with np.errstate(all="ignore"):
        return np.asarray(total / x.dtype.type(len(rows)) if way == _MEAN else total)


def _why_nll(about: About) -> Words:
    rows = _counted_rows(about.inputs)
    losses = np.array([_picked(about.inputs, int(n)).value for n in rows])
    if not losses.size or about.index:
        return Words(
            f"Minus the log-probability of the right class: {number(about.value)}.",
            "−log of 1 is 0, and the less the probability, the more it grows.",
        )
    worst = int(losses.argmax())
    return Words(
        f"Each row's loss is minus the log-probability of its right class; over"
        f" {counted(losses.size, 'row')} that comes to {number(about.value)}. Most wrong is row"
        f" {rows[worst]}: {number(losses[worst])}.",
        "x holds the logs already; t says which of a row counts. −log of 1 is 0, and the less the"
        " probability, the more it grows. A nat is the unit of the natural log.",
    )


def _count_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(constant("N", len(_counted_rows(inputs)))),))


def _count(inputs: Inputs) -> AnyArray:
    return np.asarray(len(_counted_rows(inputs)), inputs["x"].dtype)


def _why_count(about: About) -> Words:
    return Words(
        f"{counted(int(about.value), 'row')} of x have a target.", "The mean is taken over these."
    )


def _nll_dx_terms(way: int, inputs: Inputs, index: Index) -> Derivation:
    n = index[0] if inputs["x"].ndim > 1 else 0
    t = np.atleast_1d(inputs["t"])
    chosen = int(t[n]) == index[-1] and int(t[n]) != int(inputs["ignored"])
    dout = cell(inputs, "dout", *((n,) if inputs["dout"].ndim else ()))
    label = cell(inputs, "t", *((n,) if inputs["t"].ndim else ()))
    form = f"−{{0}} · ({{1}} = {index[-1]})"
    term = Term.of(form, dout, label, value=-dout.value if chosen else 0.0)
    return Derivation((term,), (plain(cell(inputs, "N")),) if way == _MEAN else ())


def _nll_dx(way: int, inputs: Inputs) -> AnyArray:
    x, rows = np.atleast_2d(inputs["x"]), _counted_rows(inputs)
    t = np.atleast_1d(inputs["t"])
    made = np.zeros_like(x)
    dout = np.broadcast_to(inputs["dout"], t.shape)[rows]
    with np.errstate(all="ignore"):
        made[rows, t[rows]] = -dout / inputs["N"] if way == _MEAN else -dout
    return made.reshape(inputs["x"].shape)


def _why_nll_dx(about: About) -> Words:
    n = about.index[0] if about.inputs["x"].ndim > 1 else 0
    label = int(np.atleast_1d(about.inputs["t"])[n])
    hit = "is its right class" if label == about.index[-1] else f"is not its class, {label}"
    return Words(
        f"{about.index[-1]} {hit}: {about.cell} = {number(about.value)}.",
        "Only the right class's log-probability stands in the loss, with a minus; in a mean, 1/N of"
        " it. Every other has gradient 0 here: what they did comes back through the log-softmax.",
    )


def _mse_terms(way: int, inputs: Inputs, index: Index) -> Derivation:
    def squared(place: Index) -> Term:
        x, t = cell(inputs, "x", *place), spread(inputs, "t", place)
        value = (x.value - t.value) ** 2
        scale = (abs(x.value) + abs(t.value)) ** 2
        return Term.of("({0} − {1})²", x, t, value=value, scale=scale)

    if way == _NONE:
        return Derivation((squared(index),))
    terms = tuple(squared(place) for place in np.ndindex(inputs["x"].shape))
    return Derivation(terms, (plain(constant("N", len(terms))),) if way == _MEAN else ())


def _mse(way: int, inputs: Inputs) -> AnyArray:
    squares = (inputs["x"] - inputs["t"]) ** 2
    return np.asarray(
        squares if way == _NONE else squares.mean() if way == _MEAN else squares.sum()
    )


def _why_mse(about: About) -> Words:
    errors = about.array("x") - about.array("t")
    worst = np.unravel_index(int(np.abs(errors).argmax()), errors.shape)
    return Words(
        f"The squared distances of x from t over {counted(errors.size, 'cell')} come to"
        f" {number(about.value)}. The furthest off is {about.at('x', *map(int, worst))}.",
        "Squared, an error of 2 counts as much as four of 1, and its sign does not matter.",
    )


def _mse_dx_terms(way: int, inputs: Inputs, index: Index) -> Derivation:
    x, t = cell(inputs, "x", *index), spread(inputs, "t", index)
    dout = spread(inputs, "dout", index)
    value = 2 * (x.value - t.value) * dout.value
    scale = 2 * (abs(x.value) + abs(t.value)) * abs(dout.value)
    term = Term.of("2 · ({0} − {1}) · {2}", x, t, dout, value=value, scale=scale)
    size = inputs["x"].size
    return Derivation((term,), (plain(constant("N", size)),) if way == _MEAN else ())


def _mse_dx(way: int, inputs: Inputs) -> AnyArray:
    made = 2 * (inputs["x"] - inputs["t"]) * inputs["dout"]
    return np.asarray(made / inputs["x"].dtype.type(made.size) if way == _MEAN else made)


def _why_mse_dx(about: About) -> Words:
    x, t = about.at("x", *about.index), about.at("t", *spread_index(about.inputs, "t", about.index))
    return Words(
        f"{x} where {t}: {about.of_raising(about.name('x', *about.index))}."
        f" {about.cell} = {number(about.value)}.",
        "(x − t)² rises at slope 2 (x − t): the further off, the harder the pull back.",
    )


def _reduced(way: int, call: Call) -> bool:
    given = call["reduction"]
    return (way if given is None else int(given)) == way and call["weight"] is None


def _is_rows(way: int, call: Call) -> bool:
    return _reduced(way, call) and np.ndim(call["self"]) <= 2


def _ignored(call: Call) -> int:
    return -100 if call["ignore_index"] is None else int(call["ignore_index"])


def _unweighted(call: Call) -> bool:
    return call["reduction"] != _NONE and call["weight"] is None and np.ndim(call["self"]) <= 2


def _entries(way: int, name: str) -> tuple[Entry, ...]:
    mean = " / N" if way == _MEAN else ""
    total = "" if way == _NONE else "Σ "
    output = "out" if way == _NONE else "loss"
    return (
        Entry(
            f"aten.nll_loss_forward.{name}",
            Operation(
                output,
                f"{output} = −{total}x[n, tₙ]{mean}",
                ("x", "t", "ignored"),
                "{x}, {t}",
                partial(_nll_terms, way),
                partial(_nll, way),
                _why_nll,
            ),
            {"x": "self", "t": "target"},
            when=partial(_is_rows, way),
            derived={"ignored": _ignored},
        ),
        Entry(
            f"aten.nll_loss_backward.{name}",
            Operation(
                "dx",
                f"dx = −dout × (t = k){mean}",
                ("dout", "x", "t", "N", "ignored"),
                "{dout}, {t}",
                partial(_nll_dx_terms, way),
                partial(_nll_dx, way),
                _why_nll_dx,
            ),
            {"dout": "grad_output", "x": "self", "t": "target", "N": "total_weight"},
            when=partial(_is_rows, way),
            derived={"ignored": _ignored},
        ),
        Entry(
            f"aten.mse_loss.{name}",
            Operation(
                output,
                f"{output} = {total}(x − t)²{mean}",
                ("x", "t"),
                "{x}, {t}",
                partial(_mse_terms, way),
                partial(_mse, way),
                _why_mse,
            ),
            {"x": "self", "t": "target"},
            when=partial(_reduced, way),
        ),
        Entry(
            f"aten.mse_loss_backward.{name}",
            Operation(
                "dx",
                f"dx = 2 (x − t) × dout{mean}",
                ("x", "t", "dout"),
                "{x}, {t}, {dout}",
                partial(_mse_dx_terms, way),
                partial(_mse_dx, way),
                _why_mse_dx,
            ),
            {"x": "self", "t": "target", "dout": "grad_output"},
            when=partial(_reduced, way),
        ),
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "aten.nll_loss_forward.count",
        Operation(
            "N",
            "N = how many t count",
            ("x", "t", "ignored"),
            "{t}",
            _count_terms,
            _count,
            _why_count,
        ),
        {"x": "self", "t": "target"},
        result="result1",
        when=_unweighted,
        derived={"ignored": _ignored},
    ),
    *_entries(_MEAN, "mean"),
    *_entries(_SUM, "sum"),
    *_entries(_NONE, "none"),
)
