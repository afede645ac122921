"""A series as it is drawn, in plain numbers."""

from typing import NamedTuple


class Curve(NamedTuple):
    """A series as it is drawn. Bucket i covers iterations i·width + 1 to (i + 1)·width.

    All but the last bucket are complete and never change until the width doubles.
    """

    width: int
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
