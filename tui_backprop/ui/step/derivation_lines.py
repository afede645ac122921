"""The lines of a derivation around its terms, and a term's names in their styles."""

import math
from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import StyleOf
from tui_backprop.ui.step.numbers import long_text
from tui_backprop.walkthrough.derivation import CellDerivation

VALUE = "paint--value"


def result_lines(derivation: CellDerivation, style_of: StyleOf) -> Iterator[Strip]:
    """Return the cell's number, and whether its terms make it: in full, then in less."""
    count = len(derivation.terms)
    terms = f"{count:,} term{'s' if count > 1 else ''}"
    value = f"in float64 {derivation.value:.9g}"
    if derivation.agrees:
        verdict = "✓ up to rounding"
    elif math.isfinite(derivation.shown) and math.isfinite(derivation.rounding_bound):
        verdict = f"✗ off by more than {derivation.rounding_bound:.1e}"
    else:
        verdict = "not finite, so that nothing can be compared"
    for text in (f"{terms}, {value}: ", f"{value}: ", f"{terms}: ", ""):
        yield Strip(
            [
                Segment(f"= {long_text(derivation.shown)}", style_of(VALUE)),
                Segment(f"   {text}{verdict}"),
            ]
        )


def divisor_line(derivation: CellDerivation) -> Strip:
    """Return what the terms are divided by, and what that is."""
    terms = derivation.divisor_terms
    what = terms[0].names() if len(terms) == 1 else f"the sum of {len(terms):,} terms"
    return Strip([Segment(f"÷ {long_text(derivation.divisor)} = {what}")])


def named_form(form: str, names: Sequence[tuple[str, Style]]) -> list[Segment]:
    """Return a term's form with its operands' names in their styles."""
    segments = []
    rest = form
    while "{" in rest:
        before, _, rest = rest.partition("{")
        number, _, rest = rest.partition("}")
        segments += [Segment(before), Segment(*names[int(number)])]
    return [*segments, Segment(rest)]
