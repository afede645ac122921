"""A run of another program as it is watched: all its files, and one table of metrics."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.foreign.file_follower import FileFollower
from tui_backprop.runs.foreign.finding import FoundFile, FoundRun, files_of
from tui_backprop.runs.foreign.step_series import MetricTable
from tui_backprop.runs.foreign.watched import WatchedRun

LOOK_SECONDS = 2.0
"""Time between two looks for new files."""


class ForeignSource:
    """Reads on in a run's files; a new one is taken in as it comes.

    Args:
        run: of another program.
        clock: seconds that only grow.
    """

    def __init__(self, run: FoundRun, clock: Callable[[], float]) -> None:
        self._run = run
        self._clock = clock
        self._followers: dict[FoundFile, FileFollower] = {}
        self._next_look = float("-inf")
        self._last_news = clock()
        self.table = MetricTable()

    @property
    def behind(self) -> bool:
        """Whether there is more to read at once."""
        return any(follower.behind for follower in self._followers.values())

    def read_on(self) -> bool:
        """Take in what is new; return whether anything is."""
        faults = self._faults
        if self._clock() >= self._next_look:
            self._next_look = self._clock() + LOOK_SECONDS
            self._look_for_files()
        changed = False
        for file, follower in self._followers.items():
            readings, is_another = follower.read_on()
            if is_another:
                # What came of the others is void too: their numbers stand in one table.
                self._start_over(but=follower)
            self.table.take(readings, file.prefix)
            changed |= is_another or bool(readings)
        if changed:
            self._last_news = self._clock()
        return changed or faults != self._faults

    def watched(self) -> WatchedRun:
        """Return how the run stands."""
        assert self._run.kind is not None
        left_out = "too many metrics to show all" if self.table.left_out else ""
        return WatchedRun(
            title=printable(_short(self._run.path)),
            kind=self._run.kind.title,
            state="",
            quiet_seconds=self._clock() - self._last_news,
            fault="; ".join(fault for fault in (*self._faults.values(), left_out) if fault),
        )

    @property
    def _faults(self) -> Mapping[FoundFile, str]:
        return {file: follower.fault for file, follower in self._followers.items()}

    def _look_for_files(self) -> None:
        assert self._run.kind is not None
        kind = self._run.kind
        files = files_of(self._run)
        if kind.newest_only and self._followers and files[0] not in self._followers:
            self._followers.clear()
            self.table = MetricTable()
        for file in files:
            if file not in self._followers:
                self._followers[file] = FileFollower(file.path, kind.new_parser, whole=kind.whole)

    def _start_over(self, but: FileFollower) -> None:
        self.table = MetricTable()
        for follower in self._followers.values():
            if follower is not but:
                follower.forget()


def _short(path: Path) -> str:
    """Return the path from here, if it lies below."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
