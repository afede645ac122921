"""Operations that move numbers and change none: joining, cutting out, masking, copying."""

from functools import partial

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, Term, cell, plain
from tui_backprop.nn.words import About, Words, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry, numbers, spread, spread_index

_MOST_JOINED = 6


def _copied_terms(inputs: Inputs, index: Index) -> Derivation:
    return Derivation((plain(cell(inputs, "x", *index)),))


def _copied(inputs: Inputs) -> AnyArray:
    return inputs["x"].copy()


def _why_copied(about: About) -> Words:
    return Words(
        f"{about.at('x', *about.index)}, as it is.",
        "The same numbers, laid out anew in memory or held in another type.",
    )


def _source(inputs: Inputs, index: Index) -> tuple[str, Index]:
    """Return which of the joined arrays a cell comes from, and where it stood there."""
    axis = int(inputs["axis"])
    place = index[axis]
    for symbol, array in inputs.items():
        if symbol == "axis" or array.shape == (0,):
            continue
        if place < array.shape[axis]:
            return symbol, (*index[:axis], place, *index[axis + 1 :])
        place -= array.shape[axis]
    raise IndexError(f"{list(index)}: nothing was joined there")


def _joined_terms(inputs: Inputs, index: Index) -> Derivation:
    symbol, place = _source(inputs, index)
    return Derivation((plain(cell(inputs, symbol, *place)),))


def _joined(inputs: Inputs) -> AnyArray:
    parts = [a for symbol, a in inputs.items() if symbol != "axis" and a.shape != (0,)]
    return np.concatenate(parts, axis=int(inputs["axis"]))


def _why_joined(about: About) -> Words:
    symbol, place = _source(about.inputs, about.index)
    return Words(f"{about.at(symbol, *place)}, as it is.", "The arrays stand one behind the other.")


def _part(inputs: Inputs, index: Index) -> Index | None:
    """Return where in dout a cell of dx has its gradient, None where it was not cut out."""
    axis, start = int(inputs["axis"]), int(inputs["start"])
    step, count = int(inputs["step"]), int(inputs["count"])
    place, rest = divmod(index[axis] - start, step)
    if rest or not 0 <= place < count:
        return None
    # A cut of one place, without its axis, has no index for it.
    own = () if inputs["dout"].ndim < len(index) else (place,)
    return (*index[:axis], *own, *index[axis + 1 :])


def _part_terms(inputs: Inputs, index: Index) -> Derivation:
    place = _part(inputs, index)
    return Derivation(() if place is None else (plain(cell(inputs, "dout", *place)),))


def _parts(inputs: Inputs) -> AnyArray:
    dout, axis = inputs["dout"], int(inputs["axis"])
    shape = numbers(inputs, "shape")
    made = np.zeros(shape, dout.dtype)
    start, step, count = (int(inputs[symbol]) for symbol in ("start", "step", "count"))
    where = [slice(None)] * len(shape)
    where[axis] = slice(start, start + step * count, step)
    view = made[tuple(where)]
    view[...] = dout if dout.ndim == len(shape) else np.expand_dims(dout, axis)
    return made


def _why_part(about: About) -> Words:
    place = _part(about.inputs, about.index)
    return Words(
        "This cell was not in the part that was cut out: nothing comes back to it."
        if place is None
        else f"{about.at('dout', *place)}, as it comes back to the cell that was cut out.",
        "What was not used has no effect on the loss: its gradient is 0.",
    )


def _chosen(inputs: Inputs, index: Index) -> str:
    return "x" if spread(inputs, "mask", index).value else "y"


def _where_terms(inputs: Inputs, index: Index) -> Derivation:
    mask = spread(inputs, "mask", index)
    chosen = spread(inputs, _chosen(inputs, index), index)
    return Derivation((Term.of("{0}", chosen, mask, value=chosen.value),))


def _where(inputs: Inputs) -> AnyArray:
    return np.where(inputs["mask"].astype(np.bool_), inputs["x"], inputs["y"])


def _why_where(about: About) -> Words:
    symbol = _chosen(about.inputs, about.index)
    chosen = spread_index(about.inputs, symbol, about.index)
    mask = spread_index(about.inputs, "mask", about.index)
    return Words(
        f"{about.at('mask', *mask)}: {about.at(symbol, *chosen)} is taken. {about.cell} ="
        f" {number(about.value)}.",
        "Where the mask is 1 this is x, elsewhere y. −∞ in front of a softmax leaves no share.",
    )


def _triangle_terms(sign: int, inputs: Inputs, index: Index) -> Derivation:
    x = cell(inputs, "x", *index)
    is_in = sign * (index[-1] - index[-2] - int(inputs["diagonal"])) >= 0
    return Derivation((plain(x),) if is_in else ())


def _triangle(sign: int, inputs: Inputs) -> AnyArray:
    cut = np.tril if sign < 0 else np.triu
    return np.asarray(cut(inputs["x"], int(inputs["diagonal"])))


def _why_triangle(about: About) -> Words:
    return Words(
        f"Row {about.index[-2]}, column {about.index[-1]}: {number(about.value)}.",
        "One side of the diagonal is kept, the other is 0: of a mask, which places may see which.",
    )


def _axis_of_join(call: Call) -> int:
    return int(call["dim"] or 0) % max(1, np.ndim(call["result0"]))


def _joins(count: int, call: Call) -> bool:
    return len(call["tensors"]) == count


def _axis_of_part(call: Call) -> int:
    return int(call["dim"]) % np.ndim(call["result0"])


def _length(call: Call) -> int:
    return int(np.shape(call["result0"])[_axis_of_part(call)])


def _bounded(value: object, length: int, default: int) -> int:
    place = default if value is None else int(value)  # type: ignore[call-overload]
    return int(min(length, max(0, place + length if place < 0 else place)))


def _start(call: Call) -> int:
    return _bounded(call["start"], _length(call), 0)


def _start_of_one(call: Call) -> int:
    return int(call["index"]) % _length(call)


def _step(call: Call) -> int:
    return int(call["step"] or 1)


def _count(call: Call) -> int:
    return int(np.shape(call["grad_output"])[_axis_of_part(call)])


def _one(call: Call) -> int:
    return 1


def _shape(call: Call) -> AnyArray:
    return np.array(np.shape(call["result0"]), np.int64)


def _join(count: int) -> Entry:
    symbols = tuple(f"x{n + 1}" for n in range(count))
    return Entry(
        f"aten.cat.{count}",
        Operation(
            "out",
            f"out = {', '.join(symbols)} joined",
            (*symbols, "axis"),
            ", ".join(f"{{{symbol}}}" for symbol in symbols),
            _joined_terms,
            _joined,
            _why_joined,
        ),
        {symbol: f"tensors.{n}" for n, symbol in enumerate(symbols)},
        when=partial(_joins, count),
        derived={"axis": _axis_of_join},
    )


def _copy(name: str) -> Entry:
    operation = Operation("out", "out = x", ("x",), "{x}", _copied_terms, _copied, _why_copied)
    return Entry(name, operation, {"x": "self"})


def _mask(name: str, reads: dict[str, str]) -> Entry:
    operation = Operation(
        "out",
        "out = x where mask, else y",
        ("mask", "x", "y"),
        "{mask}, {x}, {y}",
        _where_terms,
        _where,
        _why_where,
    )
    return Entry(name, operation, reads)


def _cut(name: str, sign: int) -> Entry:
    operation = Operation(
        "out",
        f"out = the {'lower' if sign < 0 else 'upper'} triangle of x",
        ("x", "diagonal"),
        "{x}",
        partial(_triangle_terms, sign),
        partial(_triangle, sign),
        _why_triangle,
    )
    return Entry(name, operation, {"x": "self", "diagonal": "diagonal"})


_PART = Operation(
    "dx",
    "dx = dout where it was cut out, else 0",
    ("dout", "axis", "start", "step", "count", "shape"),
    "{dout}",
    _part_terms,
    _parts,
    _why_part,
)

ENTRIES: tuple[Entry, ...] = (
    *(_join(count) for count in range(1, _MOST_JOINED + 1)),
    _cut("aten.tril", -1),
    _cut("aten.triu", 1),
    _copy("aten.clone"),
    _copy("aten._to_copy"),
    _mask("aten.where", {"mask": "condition", "x": "self", "y": "other"}),
    _mask("aten.masked_fill", {"mask": "mask", "x": "value", "y": "self"}),
    Entry(
        "aten.slice_backward",
        _PART,
        {"dout": "grad_output"},
        derived={
            "axis": _axis_of_part,
            "start": _start,
            "step": _step,
            "count": _count,
            "shape": _shape,
        },
    ),
    Entry(
        "aten.select_backward",
        _PART,
        {"dout": "grad_output"},
        derived={
            "axis": _axis_of_part,
            "start": _start_of_one,
            "step": _one,
            "count": _one,
            "shape": _shape,
        },
    ),
)
