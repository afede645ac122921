"""Which cells of the operands a derivation reads."""

from collections import defaultdict
from collections.abc import Mapping

from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import CellDerivation


def lit_cells(derivation: CellDerivation) -> Mapping[str, frozenset[Index]]:
    """Return the cells that enter the derivation's terms, by the symbol of their array."""
    found: defaultdict[str, set[Index]] = defaultdict(set)
    for term in (*derivation.terms, *derivation.divisor_terms):
        for operand in term.operands:
            found[operand.symbol].add(operand.index)
    return {symbol: frozenset(indices) for symbol, indices in found.items()}
