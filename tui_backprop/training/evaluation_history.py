"""Accuracies over a run of any length in bounded memory."""

import numpy as np
import numpy.typing as npt

from tui_backprop.training.snapshot import Evaluation

CAPACITY = 512
"""Points kept at most: more than a wide terminal has columns."""


class EvaluationHistory:
    """Accuracy points in order; when there are too many, every second one but the last goes.

    The first and the newest point are always kept, and those between stay evenly spread: after
    each thinning only every 2nd, 4th, … evaluation is remembered.

    Attributes:
        newest: the newest point, None before the first.
        seen: how many points there have been.
    """

    def __init__(self) -> None:
        self._kept: list[Evaluation] = []
        self.newest: Evaluation | None = None
        self._every = 1
        self.seen = 0

    def append(self, point: Evaluation) -> None:
        """Add the newest point."""
        if self.seen % self._every == 0:
            self._kept.append(point)
            if len(self._kept) >= CAPACITY:
                self._kept = self._kept[::2]
                self._every *= 2
        self.newest = point
        self.seen += 1

    def points(self) -> tuple[Evaluation, ...]:
        """Return the points kept, the newest always among them."""
        if self.newest is None or self._kept[-1] is self.newest:
            return tuple(self._kept)
        return (*self._kept, self.newest)

    def state(self) -> tuple[npt.NDArray[np.float64], int, int]:
        """Return the points as rows (iteration, epoch, train, test), and two counts: `restore`."""
        rows = [(p.iteration, p.epoch, p.train, p.test) for p in self.points()]
        return np.array(rows, np.float64).reshape(-1, 4), self._every, self.seen

    def restore(self, rows: npt.NDArray[np.float64], every: int, seen: int) -> None:
        """Become the history that `state` was taken of.

        Raises:
            ValueError: no history has such a state.
        """
        kept = -(-seen // every)
        newest_is_kept = seen == 0 or (seen - 1) % every == 0
        if (
            rows.dtype != np.float64
            or rows.shape != (kept + (not newest_is_kept), 4)
            or kept >= CAPACITY
            or every.bit_count() != 1
            or not np.isfinite(rows).all()
        ):
            raise ValueError(f"{rows.shape[0]} points are not every {every}th of {seen}")
        points = [Evaluation(int(row[0]), *row[1:]) for row in rows.tolist()]
        self.newest = points[-1] if points else None
        self._kept = points if newest_is_kept else points[:-1]
        self._every, self.seen = every, seen
