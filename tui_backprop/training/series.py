"""A curve of any length in bounded memory: neighbouring values share a bucket."""

import math

import numpy as np
import numpy.typing as npt

from tui_backprop.training.curve import Curve

Floats = npt.NDArray[np.float64]

CAPACITY = 1024
"""Buckets kept at most; more than twice the dots a wide terminal has across."""

_FOLD_EVERY = 256


class BucketedSeries:
    """Mean, lowest and highest of each bucket of a series of finite values.

    The bucket is a power of two wide, from the start just wide enough for `planned` values; when
    more come, pairs of buckets merge. Memory and the cost of drawing never grow with the run.

    Args:
        planned: values expected.
        capacity: most buckets kept, an even number.
    """

    def __init__(self, planned: int, capacity: int = CAPACITY) -> None:
        self.width = 2 ** max(0, math.ceil(math.log2(max(1, planned) / capacity)))
        self.count = 0
        self._mean: Floats = np.zeros(capacity)
        self._low: Floats = np.full(capacity, np.inf)
        self._high: Floats = np.full(capacity, -np.inf)
        self._pending: list[float] = []
        self._recent_sum, self._recent_count, self._tallied = 0.0, 0, 0

    def append(self, value: float) -> None:
        """Add the next value."""
        self._pending.append(value)
        if len(self._pending) >= _FOLD_EVERY:
            self._fold()

    def recent_mean(self) -> float | None:
        """Return the mean of the values added since this was last asked, None if there are none.

        Also None if their sum is too large a number.
        """
        self._tally()
        total, count = self._recent_sum, self._recent_count
        self._recent_sum, self._recent_count = 0.0, 0
        return total / count if count and math.isfinite(total) else None

    def curve(self) -> Curve:
        """Return all buckets so far, the last of which may be partly filled."""
        self._fold()
        used = -(-self.count // self.width)
        mean = self._mean[:used].copy()
        if used:
            mean[-1] *= self.width / (self.count - (used - 1) * self.width)
        return Curve(
            self.width,
            tuple(mean.tolist()),
            tuple(self._low[:used].tolist()),
            tuple(self._high[:used].tolist()),
        )

    def state(self) -> dict[str, Floats]:
        """Return the whole series as arrays, for `restore`."""
        self._fold()
        head = np.array([self.width, self.count], np.float64)
        return {
            "head": head,
            "mean": self._mean.copy(),
            "low": self._low.copy(),
            "high": self._high.copy(),
        }

    def restore(self, state: dict[str, Floats]) -> None:
        """Become the series that `state` was taken of."""
        self._pending.clear()
        self._recent_sum, self._recent_count, self._tallied = 0.0, 0, 0
        self.width, self.count = (int(n) for n in state["head"])
        self._mean, self._low, self._high = (state[k].copy() for k in ("mean", "low", "high"))

    def _tally(self) -> None:
        """Count the pending values among the recent ones, each once."""
        # One by one, unlike sum(): that rounds differently when it is called more often.
        for value in self._pending[self._tallied :]:
            self._recent_sum += value
        self._recent_count += len(self._pending) - self._tallied
        self._tallied = len(self._pending)

    def _fold(self) -> None:
        """Put the pending values into their buckets."""
        self._tally()
        values = np.array(self._pending)
        self._pending.clear()
        self._tallied = 0
        while values.size:
            # Merging only once every bucket is full: sums round the same whenever this is called.
            if self.count == self.width * self._mean.size:
                self._merge_pairs()
            room = self.width * self._mean.size - self.count
            self._add(values[:room])
            values = values[room:]

    def _add(self, values: Floats) -> None:
        buckets = (self.count + np.arange(values.size)) // self.width
        # Exact, since the width is a power of two; and no sum of finite values overflows.
        np.add.at(self._mean, buckets, values / self.width)
        np.minimum.at(self._low, buckets, values)
        np.maximum.at(self._high, buckets, values)
        self.count += values.size

    def _merge_pairs(self) -> None:
        half = self._mean.size // 2
        self._mean /= 2
        for array, join, empty in (
            (self._mean, np.add, 0.0),
            (self._low, np.minimum, np.inf),
            (self._high, np.maximum, -np.inf),
        ):
            array[:half] = join(array[0::2], array[1::2])
            array[half:] = empty
        self.width *= 2
