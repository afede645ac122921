"""From what is known of each parameter to the rows of the gradient table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tui_backprop.printable import printable
from tui_backprop.runs.format.named_values import LONGEST_NAME
from tui_backprop.training.series import BucketedSeries
from tui_backprop.training.snapshot import ParameterStatistics
from tui_backprop.training.statistics import TREND_POINTS, gradient_verdict

_MOST_SIZES = 8


@dataclass(frozen=True, slots=True)
class ParameterLook:
    """What is known of one parameter at one moment. Norms are Euclidean; None is not known.

    `size` is the number of its entries; `update_norm` is of what the last update added to it.
    """

    name: str
    gradient_norm: float
    size: int
    norm: float | None = None
    update_norm: float | None = None
    shape: tuple[int, ...] = ()
    layer: str = ""


class ParameterRows:
    """Makes the rows of each look, with the trends over all looks so far."""

    def __init__(self) -> None:
        self._trends: dict[tuple[str, str], BucketedSeries] = {}

    def rows(self, looks: Sequence[ParameterLook]) -> tuple[ParameterStatistics, ...]:
        """Return a row for each parameter, in their order."""
        rms = [look.gradient_norm / math.sqrt(max(1, look.size)) for look in looks]
        largest = max((value for value in rms if math.isfinite(value)), default=math.nan)
        return tuple(self._row(look, r, largest) for look, r in zip(looks, rms, strict=True))

    def _row(self, look: ParameterLook, rms: float, largest: float) -> ParameterStatistics:
        trend = self._trends.setdefault((look.layer, look.name), BucketedSeries(1, TREND_POINTS))
        if math.isfinite(look.gradient_norm):
            trend.append(look.gradient_norm)
        known = look.update_norm is not None and look.norm
        return ParameterStatistics(
            printable(look.layer, LONGEST_NAME),
            printable(look.name, LONGEST_NAME),
            look.shape[:_MOST_SIZES],
            math.nan if look.norm is None else look.norm,
            look.gradient_norm,
            rms,
            look.update_norm / look.norm if known else None,  # type: ignore[operator]
            gradient_verdict(rms, largest),
            trend.curve().mean,
        )
