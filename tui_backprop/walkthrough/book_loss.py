"""The loss as the book's own code has it: with 1e-7 inside the log, against a log of 0 (4.2.2)."""

import math

import numpy as np

from tui_backprop.nn.arrays import Array
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

TINY = 1e-7


def _terms(inputs: Inputs, index: Index) -> Derivation:
    labels = inputs["t"].argmax(axis=1)
    losses = []
    for n, label in enumerate(labels.tolist()):
        y = cell(inputs, "y", n, label)
        value = -math.log(y.value + TINY)
        # A probability is off by a few eps for each class summed: its log by as much, absolutely.
        scale = 2 * abs(value) + inputs["y"].shape[1]
        losses.append(Term.of("−log({0} + 1e-7)", y, value=value, scale=scale))
    return Derivation(tuple(losses), (plain(constant("N", len(labels))),))


def _loss(inputs: Inputs) -> Array:
    y, t = inputs["y"], inputs["t"]
    right = y[np.arange(len(y)), t.argmax(axis=1)]
    return np.array(float(-np.log(right + TINY).sum()) / len(y))


def _why(about: About) -> Words:
    y, labels = about.array("y"), about.array("t").argmax(axis=1)
    losses = -np.log(y[np.arange(len(y)), labels] + TINY)
    worst = int(losses.argmax())
    return Words(
        f"Each sample's loss is −log of the probability its right class got, and 1e-7; the mean"
        f" over {counted(len(y), 'sample')} is {number(about.value)} nats. The net is most wrong"
        f" on sample {worst}: {number(losses[worst])}.",
        "The 1e-7 keeps a probability of 0 from a log of −∞: no sample costs more than 16.1. The"
        " gradient (y − t) / N is that of the loss without it.",
    )


BOOK_LOSS = Operation(
    "loss", "loss = −Σ t · log(y + 1e-7) / N", ("y", "t"), "{y}, {t}", _terms, _loss, _why
)
