"""Which of the values that a training loop logs become points of the run's curves."""

import math
from collections.abc import Callable, Iterable, Mapping

from tui_backprop.runs.format.any_metrics import any_metrics_lines
from tui_backprop.runs.format.named_values import LONGEST_NAME, MOST_NAMES, POSITION_KEYS
from tui_backprop.runs.metrics_log import next_kept

DENSE = 128
"""Each of so many first values of a metric has a point, then every 2nd up to twice as many, …"""

QUIET_SECONDS = 0.1
"""Where that leaves a longer gap, there is a point in it nevertheless, for whoever watches."""

QUIET_SHARE = 1 / 500
"""But such points stand this share of the run's time apart at least."""

EPOCH = "epoch"
"""Not a metric, but where the run is; whoever logs it gives it like one."""


class _Metric:
    """What one metric has been since its last point."""

    __slots__ = ("count", "due", "due_at", "high", "last", "low", "seen", "total")

    def __init__(self) -> None:
        self.seen, self.due, self.due_at = 0, 1, -math.inf
        self.last = 0.0
        self.clear()

    def clear(self) -> None:
        self.count, self.total, self.low, self.high = 0, 0.0, math.inf, -math.inf

    def take(self, value: float, now: float) -> bool:
        """Take the next value; return whether there should be a point."""
        before, self.last = self.last, value
        self.seen += 1
        self.count += 1
        self.total += value
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value
        # The difference is 0 unless one of them is not finite: that has a point where it begins.
        stops = value - value != 0.0 and before - before == 0.0
        return self.seen >= self.due or now >= self.due_at or stops

    @property
    def range(self) -> tuple[float, float, float] | None:
        """The lowest, mean and highest value since the last point, None of one value alone."""
        mean = self.total / self.count if self.count > 1 else math.nan
        if not (math.isfinite(mean) and math.isfinite(self.high - self.low)):
            return None
        # A mean of equal numbers may be off by a rounding.
        return self.low, min(max(mean, self.low), self.high), self.high


class PacedMetrics:
    """Makes the lines of a run's metrics. A value that gets no point counts in the next's range.

    Args:
        begun_at: when the run began, in the seconds of `now` below.
        warn: takes a kind of fault, and a line for a person.
    """

    def __init__(self, begun_at: float, warn: Callable[[str, str], None]) -> None:
        self._begun_at = begun_at
        self._warn = warn
        self._metrics: dict[str, _Metric] = {}
        self._epoch: float | None = None

    def take(self, iteration: int, metrics: Mapping[str, float], now: float) -> list[bytes]:
        """Return the lines that the values after so many iterations make due, most often none."""
        due = False
        for name, value in metrics.items():
            metric = self._metrics.get(name) or self._new(name)
            if metric is not None:
                due |= metric.take(value, now)
        return self._lines(iteration, metrics, now) if due else []

    def rest(self, iteration: int, now: float) -> list[bytes]:
        """Return the lines of all values that have no point yet."""
        left = [name for name, metric in self._metrics.items() if metric.count]
        return self._lines(iteration, left, now) if left else []

    def _new(self, name: str) -> _Metric | None:
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            self._warn("name", f"a metric's name must be a text of 1 to {LONGEST_NAME} characters")
        elif name in POSITION_KEYS and name != EPOCH:
            self._warn(name, f"a metric cannot be called {name}: the run's files use that name")
        elif len(self._metrics) >= MOST_NAMES:
            self._warn("names", f"more than {MOST_NAMES:,} metrics: {name} is left out")
        else:
            return self._metrics.setdefault(name, _Metric())
        return None

    def _lines(self, iteration: int, names: Iterable[str], now: float) -> list[bytes]:
        values: dict[str, float] = {}
        ranges: dict[str, tuple[float, float, float]] = {}
        elapsed = now - self._begun_at
        for name in names:
            if (metric := self._metrics.get(name)) is None:
                continue
            values[name] = metric.last
            if (found := metric.range) is not None:
                ranges[name] = found
            metric.clear()
            metric.due = next_kept(metric.seen, DENSE)
            metric.due_at = now + max(QUIET_SECONDS, elapsed * QUIET_SHARE)
        epoch = values.pop(EPOCH, math.nan)
        ranges.pop(EPOCH, None)
        self._epoch = epoch if math.isfinite(epoch) else self._epoch
        return any_metrics_lines(iteration, self._epoch, round(elapsed, 3), values, ranges)
