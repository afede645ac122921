"""A curve in one line: a row of bars."""

from collections.abc import Sequence
from math import fsum

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], most: int, low: float | None = None) -> str:
    """Return values as a row of bars; neighbours share one beyond `most`.

    The lowest bar is that of the value `low`, or without one of the least value.
    """
    if not values or most < 1:
        return ""
    share = -(-len(values) // most)
    parts = [values[n : n + share] for n in range(0, len(values), share)]
    values = [fsum(part) / len(part) for part in parts]
    least = min(values) if low is None else low
    span = max(values) - least or 1.0
    return "".join(_BARS[round((value - least) / span * (len(_BARS) - 1))] for value in values)
