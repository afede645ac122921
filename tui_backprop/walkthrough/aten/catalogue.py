"""All declarations of PyTorch's operations, by their keys."""

from collections.abc import Mapping, Sequence
from functools import cache

from tui_backprop.walkthrough.aten import (
    activations,
    convolution,
    dropout,
    elementwise,
    embedding,
    layer_norm,
    layout,
    losses,
    matrix_products,
    normalization,
    normalization_back,
    pooling,
    reductions,
    softmax,
    updates,
)
from tui_backprop.walkthrough.aten.entry import Call, Entry

# What an optimizer makes comes before the plain sums and products that it is made of.
_FAMILIES = (
    updates,
    matrix_products,
    reductions,
    elementwise,
    activations,
    softmax,
    layer_norm,
    layout,
    losses,
    convolution,
    pooling,
    normalization,
    normalization_back,
    embedding,
    dropout,
)

ENTRIES: Mapping[str, Entry] = {
    entry.key: entry for family in _FAMILIES for entry in family.ENTRIES
}
"""A key never changes and never means something else: it stands in files."""


def entries_for(call: Call) -> tuple[Entry, ...]:
    """Return what is declared of a call's results: of each the first that holds, in their order."""
    found: dict[str, Entry] = {}
    for entry in entries_of(call.name):
        if entry.result not in found and entry.when(call):
            found[entry.result] = entry
    return tuple(found.values())


def entries_of(name: str) -> Sequence[Entry]:
    """Return all that is declared of the operation of this name, in the order of the families."""
    return _by_name().get(name, ())


@cache
def _by_name() -> dict[str, list[Entry]]:
    named: dict[str, list[Entry]] = {}
    for entry in ENTRIES.values():
        named.setdefault(entry.name, []).append(entry)
    return named
