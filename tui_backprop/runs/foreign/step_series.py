"""A metric over a run of any length in bounded memory: its values, by the steps they were at.

Steps of other programs are irregular, so a bucket knows its own; in `training.series` it is the
bucket's place that tells the iteration.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tui_backprop.runs.foreign.reading import Reading

CAPACITY = 1024
"""Buckets kept at most; more than twice the dots a wide terminal has across."""

MOST_METRICS = 1000
LONGEST_NAME = 200

_LARGEST = 1e100
"""What is larger counts as not finite: far above all that is worth drawing, and far below where
sums and drawing overflow."""


class StepCurve(NamedTuple):
    """A series as it is drawn: of each bucket the last step, the mean, least and greatest value."""

    steps: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """A metric in a line; `low` and `high` are None where no value was finite.

    `went_back` says that steps went back somewhere, and were counted on from there.
    """

    name: str
    last: float
    step: float
    low: float | None
    high: float | None
    count: int
    went_back: bool


class StepSeries:
    """The values of one metric; neighbours share a bucket when there are too many."""

    def __init__(self) -> None:
        self._curve: tuple[list[float], list[float], list[float], list[float]] = ([], [], [], [])
        self._counts: list[int] = []
        self._width = 1
        self.count = 0
        self.last = math.nan
        self.step = 0.0
        self.low, self.high = math.inf, -math.inf
        self.went_back = False

    def append(
        self, step: float | None, value: float, range_: tuple[float, float, float] | None = None
    ) -> None:
        """Add a value, or what `range_` tells of several: the lowest, their mean, the highest."""
        if step is None or not math.isfinite(step):
            step = self.step + 1
        elif step < self.step:
            step, self.went_back = self.step + 1, True
        self.count += 1
        self.last, self.step = value, step
        low, mean, high = range_ or (value, value, value)
        if not -_LARGEST < low <= mean <= high < _LARGEST:
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        steps, means, lows, highs = self._curve
        if self._counts and self._counts[-1] < self._width:
            self._counts[-1] += 1
            steps[-1] = step
            means[-1] += (mean - means[-1]) / self._counts[-1]
            lows[-1], highs[-1] = min(lows[-1], low), max(highs[-1], high)
            return
        if len(steps) == CAPACITY:
            self._merge_pairs()
        for values, new in zip(self._curve, (step, mean, low, high), strict=True):
            values.append(new)
        self._counts.append(1)

    def curve(self) -> StepCurve:
        """Return all buckets, the last of which may be partly filled."""
        return StepCurve(*(tuple(values) for values in self._curve))

    def summary(self, name: str) -> MetricSummary:
        """Return the series in a line."""
        known = self.low <= self.high
        return MetricSummary(
            name,
            self.last,
            self.step,
            self.low if known else None,
            self.high if known else None,
            self.count,
            self.went_back,
        )

    def _merge_pairs(self) -> None:
        steps, means, lows, highs = self._curve
        self._curve = (
            steps[1::2],
            [a + (b - a) / 2 for a, b in zip(means[::2], means[1::2], strict=True)],
            [min(pair) for pair in zip(lows[::2], lows[1::2], strict=True)],
            [max(pair) for pair in zip(highs[::2], highs[1::2], strict=True)],
        )
        self._width *= 2
        self._counts = [self._width] * len(self._curve[0])


class MetricTable:
    """All metrics of a run, by name, in the order in which they came."""

    def __init__(self) -> None:
        self._series: dict[str, StepSeries] = {}
        self.left_out = False

    @property
    def step(self) -> float:
        """The newest step of any of them."""
        return max((series.step for series in self._series.values()), default=0.0)

    def series(self, name: str) -> StepSeries | None:
        """Return the series of that name, a new one if need be; None if there are too many."""
        name = name[:LONGEST_NAME]
        if (found := self._series.get(name)) is not None:
            return found
        if len(self._series) >= MOST_METRICS:
            self.left_out = True
            return None
        return self._series.setdefault(name, StepSeries())

    def take(self, readings: Iterable[Reading], prefix: str = "") -> None:
        """Add numbers, each to the series of its name."""
        for name, step, value in readings:
            if (series := self.series(prefix + name)) is not None:
                series.append(step, value)

    def summaries(self) -> tuple[MetricSummary, ...]:
        """Return each metric in a line."""
        return tuple(series.summary(name) for name, series in self._series.items())

    def curves(self, names: Iterable[str]) -> Mapping[str, StepCurve]:
        """Return the curves of those of these names that there are."""
        return {name: self._series[name].curve() for name in names if name in self._series}
