"""Numbers and derivations as text, with every digit worth typing into a calculator."""

import numpy as np

from tui_backprop.walkthrough.derivation import CellDerivation, TracedTerm
from tui_backprop.walkthrough.summary import ArraySummary

SHOWN_TERMS = 12


class Calculation:
    """Writes numbers with as many digits as the dtype holds, and a guard digit."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        self._digits = int(np.finfo(dtype).precision) + 2

    def number(self, value: float) -> str:
        """Return a number with all digits worth typing into a calculator."""
        # Adding 0 makes a 0 of -0, which means nothing to a reader.
        whole, short = (f"{value + 0.0:.{self._digits - spared}g}" for spared in (0, 2))
        return short if float(short) == value else whole

    def summary(self, summary: ArraySummary) -> str:
        """Return the line of numbers that sum an array up."""
        text = (
            f"min {summary.minimum:.4g}, max {summary.maximum:.4g}, mean {summary.mean:.4g}, "
            f"norm {summary.norm:.4g}, zeros {summary.zero_share:.1%}"
        )
        return text + (f", not finite: {summary.non_finite:,}" if summary.non_finite else "")

    def derivation(self, derivation: CellDerivation) -> tuple[str, ...]:
        """Return a worked cell: terms, largest first, sums and result."""
        ranked = derivation.by_magnitude()
        lines = [self._term(item.term) for item in ranked[:SHOWN_TERMS]]
        rest = ranked[SHOWN_TERMS:]
        if rest:
            amount = self.number(ranked[-1].total - ranked[SHOWN_TERMS - 1].total)
            lines.append(f"{len(rest):,} smaller terms, together = {amount}")
        if len(ranked) > 1:
            lines.append(f"sum = {self.number(ranked[-1].total)}")
        lines += self._divisor(derivation)
        lines.append(
            f"result = {self.number(derivation.value)}, "
            f"on the tape: {self.number(derivation.shown)}"
        )
        return tuple(lines)

    def _divisor(self, derivation: CellDerivation) -> list[str]:
        terms = derivation.divisor_terms
        if not terms:
            return []
        divisor = self.number(derivation.divisor)
        if len(terms) == 1:
            return [f"divided by {self._term(terms[0])}"]
        lines = [f"divided by {divisor}, the sum of"]
        lines += [f"  {self._term(term)}" for term in terms[:SHOWN_TERMS]]
        if len(terms) > SHOWN_TERMS:
            amount = self.number(sum(term.value for term in terms[SHOWN_TERMS:]))
            lines.append(f"  {len(terms) - SHOWN_TERMS:,} more terms, together = {amount}")
        return lines

    def _term(self, term: TracedTerm) -> str:
        numbers, value = term.numbers(self.number), self.number(term.value)
        # −1, written with the formula's own minus, is no other number than -1.
        done = numbers.replace("−", "-") == value
        return f"{term.names()} = {value if done else f'{numbers} = {value}'}"
