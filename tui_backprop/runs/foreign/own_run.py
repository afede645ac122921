"""A run in this program's own format whose metrics have names of their own, as it is watched."""

from collections.abc import Callable
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.foreign.step_series import MetricTable
from tui_backprop.runs.foreign.watched import WatchedRun
from tui_backprop.runs.format.metrics import MetricsPoint


class OwnRunSource:
    """Follows a run's directory.

    Args:
        path: of the directory.
        clock: seconds that only grow.

    Raises:
        RunError: as RunFollower does.
    """

    behind = False

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._follower = RunFollower(path, clock, any_names=True)
        self._points: list[MetricsPoint] = []
        self._taken = 0
        self.table = MetricTable()

    def read_on(self) -> bool:
        """Take in what is new; return whether anything is."""
        changed = self._follower.read_on()
        points = self._follower.points
        if points is not self._points:
            # Another list: the run went back, and what came after does not count.
            self._points, self._taken, self.table = points, 0, MetricTable()
        for point in points[self._taken :]:
            for name, value in point.values.items():
                if (series := self.table.series(name)) is not None:
                    series.append(float(point.iteration), value, point.ranges.get(name))
        self._taken = len(points)
        return changed

    def watched(self) -> WatchedRun:
        """Return how the run stands."""
        follower, config = self._follower, self._follower.config
        last = follower.last_event
        told = last if last in ("finished", "diverged", "paused", "interrupted") else ""
        return WatchedRun(
            title=printable(config.name or follower.run_id),
            kind=printable(config.program),
            state=told or ("training" if follower.trained else "interrupted"),
            quiet_seconds=follower.silent_seconds if not told and follower.trained else 0.0,
            fault=follower.fault,
            run_id=follower.run_id,
            reason=follower.reason,
            elapsed=follower.elapsed,
            rows=follower.layer_rows(),
        )
