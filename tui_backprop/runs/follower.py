"""Follows a stored run while another process trains it. Takes no right to it, writes nothing."""

from collections.abc import Callable
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import check_directory, open_stored
from tui_backprop.runs.followed_curve import with_later_points
from tui_backprop.runs.format.config import read_config
from tui_backprop.runs.format.layers import StoredRows, read_newest_rows
from tui_backprop.runs.format.metrics import (
    MAX_METRICS_BYTES,
    MetricsPoint,
    MetricsReader,
    settings_after,
)
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME, LAYERS_NAME, METRICS_NAME
from tui_backprop.runs.format.plain_values import StateError
from tui_backprop.runs.lock import LOCK_NAME, is_locked
from tui_backprop.runs.run_error import RunError, file_error
from tui_backprop.runs.stored_progress import StoredProgress, read_progress
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.curve import Curve
from tui_backprop.training.evaluation_history import EvaluationHistory
from tui_backprop.training.series import BucketedSeries
from tui_backprop.training.snapshot import Evaluation, LayerStatistics, NonFinite, Snapshot
from tui_backprop.training.views.registry import RECORDED_VIEWS, computed

RATE_SECONDS = 2.0
"""The rate is that over at least so much of the newest training time."""

QUIET_SECONDS = 2.0
"""How long nothing is written before it is looked whether the run is still being trained."""


class RunFollower:
    """Reads what is new in a run's directory, and tells where the run stands.

    Between two checkpoints the metrics' points stand for the iterations after the last one.

    Args:
        path: of the run's directory.
        clock: seconds that only grow.
        any_names: whether metrics are read by the names that they have, whatever the task.

    Raises:
        RunError: it is not a directory of the user's own, or its configuration is missing or
            damaged.
    """

    def __init__(self, path: Path, clock: Callable[[], float], *, any_names: bool = False) -> None:
        try:
            check_directory(path)
        except OSError as error:
            raise file_error(path, error) from error
        self.config = read_config(path / CONFIG_NAME)
        self._path = path
        self._clock = clock
        self._naming_task = None if any_names else self.config.task
        self._metrics = MetricsReader(self._naming_task)
        self._offset = 0
        self._progress: StoredProgress | None = None
        self._rows: StoredRows | None = None
        self._seen: dict[str, object] = {}
        self._faults: dict[str, str] = {}
        self._signs: object = None
        self._last_sign = clock()
        self._trained = True
        self._look_at = float("-inf")

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self._path.name

    @property
    def fault(self) -> str:
        """What of the run cannot be read, in one line; empty if all can."""
        return "; ".join(fault for fault in self._faults.values() if fault)

    @property
    def trained(self) -> bool:
        """Whether some process holds the run, as far as is known."""
        return self._trained

    @property
    def silent_seconds(self) -> float:
        """How long, as far as was seen, none of the run's files has been written or dated."""
        return self._clock() - self._last_sign

    def read_on(self) -> bool:
        """Take in what is new; return whether anything is."""
        self._look_for_life()
        before = self._faults.copy(), self._trained
        changed = False
        for name, read in (
            (METRICS_NAME, self._read_metrics),
            (CHECKPOINT_NAME, self._read_checkpoint),
            (LAYERS_NAME, self._read_layers),
        ):
            try:
                changed |= read(self._path / name)
                self._faults[name] = ""
            except RunError as error:
                self._faults[name] = str(error)
            except StateError as error:
                self._faults[name] = f"{name}: {error}"
            except OSError as error:
                self._faults[name] = f"{name}: {printable(error.strerror or error)}"
        now = self._clock()
        if now >= self._look_at:
            self._trained = is_locked(self._path)
            self._look_at = now + QUIET_SECONDS
        elif changed:
            # Whoever writes trains: no need to touch the lock, which those who train take too.
            self._trained = True
            self._look_at = now + QUIET_SECONDS
        return changed or (self._faults, self._trained) != before

    @property
    def last_event(self) -> str:
        """What happened to the run last, if it has stood still since; or else empty."""
        event = self._metrics.events[-1] if self._metrics.events else None
        return event.event if event is not None and event.iteration >= self.iteration else ""

    @property
    def reason(self) -> str:
        """Why the run was interrupted, if that is what happened last, and it is told."""
        return self._metrics.events[-1].reason if self.last_event == "interrupted" else ""

    @property
    def points(self) -> list[MetricsPoint]:
        """The points known of, the newest last; another list once the run went back."""
        return self._metrics.points

    @property
    def iteration(self) -> int:
        """The newest iteration known of."""
        return self._marks()[-1][0]

    @property
    def elapsed(self) -> float:
        """Seconds of training until then."""
        return self._marks()[-1][1]

    @property
    def rate(self) -> float | None:
        """Iterations per second lately, None if there are too few points to tell."""
        marks = self._marks()
        iteration, elapsed = marks[-1]
        earlier = [mark for mark in marks if elapsed - mark[1] >= RATE_SECONDS]
        before, then = earlier[-1] if earlier else marks[0]
        return (iteration - before) / (elapsed - then) if elapsed > then else None

    def snapshot(self, wanted: frozenset[str] = RECORDED_VIEWS) -> Snapshot:
        """Return what can be shown of the run; of the views, those that are wanted and recorded."""
        data, progress, points = self.config.data, self._progress, self._metrics.points
        settings = self.hyperparameters
        iteration, epoch, loss = 0, 0.0, None
        if progress is not None:
            iteration, loss = progress.iteration, progress.loss
            epoch = progress.samples_seen / max(1, data.train_size)
        losses = [p.loss for p in points if p.iteration > iteration and p.loss is not None]
        for point in points[-1:]:
            if point.iteration > iteration:
                iteration, epoch = point.iteration, point.epoch
        return Snapshot(
            hyperparameters=settings,
            dataset=settings.dataset,
            task=self.config.task.name,
            net_title=self.config.net_title,
            # Who shows a run divides by them.
            train_size=max(1, data.train_size),
            test_size=max(1, data.test_size),
            iteration=iteration,
            epoch=epoch,
            evaluating=False,
            finished=self.last_event == "finished",
            loss=losses[-1] if losses else loss,
            non_finite=self._stop(),
            views=computed(self, wanted & RECORDED_VIEWS),
        )

    def _look_for_life(self) -> None:
        signs = []
        for name in (METRICS_NAME, LAYERS_NAME, CHECKPOINT_NAME, LOCK_NAME):
            try:
                found = (self._path / name).lstat()
            except OSError:
                continue
            signs.append((name, found.st_mtime_ns, found.st_size))
        if signs != self._signs:
            self._signs, self._last_sign = signs, self._clock()

    def _read_metrics(self, path: Path) -> bool:
        try:
            with open_stored(path) as file:
                size = file.seek(0, 2)
                if size > MAX_METRICS_BYTES:
                    raise RunError(f"{printable(path)}: has {size:,} bytes, too many to follow")
                if size < self._offset:
                    # What could not be written whole was taken back: read it all again.
                    self._metrics, self._offset = MetricsReader(self._naming_task), 0
                if size == self._offset:
                    return False
                file.seek(self._offset)
                data = file.read(size - self._offset) or b""
        except FileNotFoundError:
            return False
        self._offset += len(data)
        self._metrics.feed(data)
        return True

    def _read_checkpoint(self, path: Path) -> bool:
        if not self._is_new(path):
            return False
        self._progress = read_progress(path, self.config.id)
        return True

    def _read_layers(self, path: Path) -> bool:
        if not self._is_new(path):
            return False
        self._rows = read_newest_rows(path)
        return True

    def _is_new(self, path: Path) -> bool:
        """Whether there is a file not yet looked at as it is; repeat what was wrong with it."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen == self._seen.get(path.name):
            if fault := self._faults.get(path.name):
                raise RunError(fault)
            return False
        self._seen[path.name] = seen
        return True

    def _marks(self) -> list[tuple[int, float]]:
        """Return iterations and seconds of training, the newest last."""
        marks = [(0, 0.0), *((p.iteration, p.elapsed) for p in self._metrics.points)]
        if self._progress is not None:
            marks.append((self._progress.iteration, self._progress.elapsed))
        return sorted(marks)

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The settings in force, as far as is known."""
        progress, config = self._progress, self.config
        base = progress.hyperparameters if progress else config.hyperparameters
        return settings_after(base, self._metrics.events)

    def loss_curve(self) -> Curve:
        """Return the losses known of."""
        progress, points = self._progress, self._metrics.points
        if progress is None or progress.losses is None:
            curve = BucketedSeries(self.config.hyperparameters.iterations).curve()
            return with_later_points(curve, 0, points)
        return with_later_points(progress.losses.curve(), progress.iteration, points)

    def evaluation_points(self) -> tuple[Evaluation, ...]:
        """Return the evaluations known of, the newest last."""
        history = self._progress.evaluations if self._progress else EvaluationHistory()
        known = history.points()
        last = known[-1].iteration if known else -1
        more = EvaluationHistory()
        for p in self._metrics.points:
            if p.iteration > last and p.train is not None and p.test is not None:
                more.append(Evaluation(p.iteration, p.epoch, p.train, p.test))
        return known + more.points()

    def layer_rows(self) -> tuple[LayerStatistics, ...]:
        """Return the newest rows of the gradient table."""
        progress, rows = self._progress, self._rows
        if rows is None or (progress is not None and progress.iteration > rows.iteration):
            return progress.layers if progress else ()
        return rows.rows

    def _stop(self) -> NonFinite | None:
        if self.last_event != "diverged":
            return None
        event = self._metrics.events[-1]
        return NonFinite(event.iteration + 1, event.where or "the net", event.what or "a value")
