"""Numbers in few cells, of a width that does not change from step to step."""

import math

CELL_WIDTH = 8
"""Columns of a number in a matrix, its sign among them."""


def cell_text(value: float) -> str:
    """Return a number in at most CELL_WIDTH cells; an exact 0 is a lone 0."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    # What four decimals show as 0.0010 is 0.0010, though it be a hair less.
    if 0.0009995 <= size < 1e-3:
        size = 1e-3
    if 1e-3 <= size < 10:
        return f"{value:.4f}"
    if 1e-3 <= size < 10_000:
        return f"{value:.{4 - len(str(int(size)))}f}".rstrip(".")
    return f"{value:.1e}"


def whole_text(value: float) -> str:
    """Return a whole number in at most CELL_WIDTH cells, as a token's or a class's."""
    text = f"{value:.0f}"
    return text if len(text) <= CELL_WIDTH else cell_text(value)


def long_text(value: float) -> str:
    """Return a number with six significant digits; of -0 a 0."""
    return f"{value + 0.0:.6g}"
