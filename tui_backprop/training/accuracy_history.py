"""Accuracies over a run of any length in bounded memory."""

from tui_backprop.training.snapshot import AccuracyPoint

CAPACITY = 512
"""Points kept at most: more than a wide terminal has columns."""


class AccuracyHistory:
    """Accuracy points in order; when there are too many, every second one but the last goes.

    The first and the newest point are always kept, and those between stay evenly spread: after
    each thinning only every 2nd, 4th, … evaluation is remembered.
    """

    def __init__(self) -> None:
        self._kept: list[AccuracyPoint] = []
        self._newest: AccuracyPoint | None = None
        self._every = 1
        self.seen = 0

    def append(self, point: AccuracyPoint) -> None:
        """Add the newest point."""
        if self.seen % self._every == 0:
            self._kept.append(point)
            if len(self._kept) >= CAPACITY:
                self._kept = self._kept[::2]
                self._every *= 2
        self._newest = point
        self.seen += 1

    def points(self) -> tuple[AccuracyPoint, ...]:
        """Return the points kept, the newest always among them."""
        if self._newest is None or self._kept[-1] is self._newest:
            return tuple(self._kept)
        return (*self._kept, self._newest)
