"""Rows of a table picked by number, and the sum of what comes back to each."""

import numpy as np

from tui_backprop.nn.operation import Derivation, Index, Inputs, Operation, cell, plain
from tui_backprop.nn.words import About, Words, counted, number
from tui_backprop.walkthrough.aten.entry import AnyArray, Call, Entry


def _out_terms(inputs: Inputs, index: Index) -> Derivation:
    *place, j = index
    return Derivation((plain(cell(inputs, "W", int(inputs["i"][tuple(place)]), j)),))


def _out(inputs: Inputs) -> AnyArray:
    out: AnyArray = inputs["W"][inputs["i"]]
    return out


def _uses(inputs: Inputs, row: int) -> list[Index]:
    if row == int(inputs["pad"]):
        return []
    return [tuple(map(int, place)) for place in np.argwhere(inputs["i"] == row)]


def _dW_terms(inputs: Inputs, index: Index) -> Derivation:  # noqa: N802 - the book's name
    row, j = index
    uses = _uses(inputs, row)
    return Derivation(tuple(plain(cell(inputs, "dout", *place, j)) for place in uses))


def _dW(inputs: Inputs) -> AnyArray:  # noqa: N802 - the book's name
    dout, i = inputs["dout"], inputs["i"].ravel()
    made = np.zeros((int(inputs["rows"]), dout.shape[-1]), dout.dtype)
    used = i != int(inputs["pad"])
    np.add.at(made, i[used], dout.reshape(-1, dout.shape[-1])[used])
    return made


def _why_out(about: About) -> Words:
    *place, j = about.index
    row = int(about.inputs["i"][tuple(place)])
    return Words(
        f"{about.name('i', *place)} is {row}: row {row} of W stands here, {about.at('W', row, j)}.",
        "A table of vectors, one for each number there may be. Nothing is computed: a row is looked"
        " up.",
    )


def _why_dW(about: About) -> Words:  # noqa: N802 - the book's name
    row = about.index[0]
    count = len(_uses(about.inputs, row))
    short = (
        f"{row} was looked up {counted(count, 'time')}: what comes back from each is added."
        if count
        else f"{row} was not looked up in this minibatch: nothing comes back to its row."
    )
    return Words(
        f"{short} {about.cell} = {number(about.value)}.",
        "A row that was used n times gets the sum of n gradients; one that was not used learns"
        " nothing from this minibatch.",
    )


def _plain(call: Call) -> bool:
    return not call["scale_grad_by_freq"]


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "aten.embedding",
        Operation("out", "out = W[i]", ("W", "i"), "{W}, {i}", _out_terms, _out, _why_out),
        {"W": "weight", "i": "indices"},
    ),
    Entry(
        "aten.embedding_dense_backward",
        Operation(
            "dW",
            "dW[i] = Σ dout, over the uses of i",
            ("dout", "i", "rows", "pad"),
            "{dout}, {i}",
            _dW_terms,
            _dW,
            _why_dW,
        ),
        {"dout": "grad_output", "i": "indices", "rows": "num_weights", "pad": "padding_idx"},
        when=_plain,
    ),
)
