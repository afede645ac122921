"""Arrays and derivations as lines of Markdown, cut to what a reader can follow."""

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.derivation import CellDerivation, TracedTerm
from tui_backprop.walkthrough.summary import summarize

SHOWN_ROWS = 8
SHOWN_COLUMNS = 10
"""Every class of the data sets of digits: no one-hot row without its 1."""
SHOWN_TERMS = 12


class MarkdownWriter:
    """Writes arrays and derivations with as many digits as the dtype holds, and a guard digit."""

    def __init__(self, dtype: np.dtype[np.floating]) -> None:
        self._digits = int(np.finfo(dtype).precision) + 2

    def number(self, value: float) -> str:
        """Return a number with all digits worth typing into a calculator."""
        # Adding 0 makes a 0 of -0, which means nothing to a reader.
        whole, short = (f"{value + 0.0:.{self._digits - spared}g}" for spared in (0, 2))
        return short if float(short) == value else whole

    def array(self, array: Array) -> list[str]:
        """Return an array as a code block, its first rows and columns, and what was left out."""
        if array.ndim == 0:
            return ["```", self.number(float(array)), "```"]
        matrix = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array[None, :]
        shown = matrix[:SHOWN_ROWS, :SHOWN_COLUMNS]
        heads = [f"[{row}]" if array.ndim > 1 else "" for row in range(shown.shape[0])]
        cells = [["", *(f"[{column}]" for column in range(shown.shape[1]))]]
        cells += [[head, *map(self.number, row)] for head, row in zip(heads, shown, strict=True)]
        widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        ]
        return ["```", *lines, "```", *_left_out(matrix.shape, shown.shape)]

    def summary(self, array: Array) -> str:
        """Return the line of numbers that sum an array up."""
        summary = summarize(array)
        text = (
            f"min {summary.minimum:.4g}, max {summary.maximum:.4g}, mean {summary.mean:.4g}, "
            f"norm {summary.norm:.4g}, zeros {summary.zero_share:.1%}"
        )
        return text + (f", not finite: {summary.non_finite:,}" if summary.non_finite else "")

    def derivation(self, derivation: CellDerivation) -> list[str]:
        """Return a worked cell as a code block: terms, largest first, sums and result."""
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
        return ["```", *lines, "```"]

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
        return f"{term.names()} = {numbers}" + ("" if numbers == value else f" = {value}")


def _left_out(shape: tuple[int, ...], shown: tuple[int, ...]) -> list[str]:
    lines = []
    if shape[0] > shown[0]:
        lines += ["", f"Left out: rows {shown[0]} to {shape[0] - 1}."]
    if shape[1] > shown[1]:
        lines += ["", f"Left out: columns {shown[1]} to {shape[1] - 1}."]
    return lines
