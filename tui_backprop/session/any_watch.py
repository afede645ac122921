"""Watches a run of anybody's: reads on in its files, and tells a screen what has changed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tui_backprop.runs.foreign.step_series import MetricSummary, MetricTable, StepCurve
from tui_backprop.runs.foreign.watched import WatchedRun

POLL_SECONDS = 0.25

QUIET_SECONDS = 10.0
"""That nothing new came is told after so long, and then each second."""


class WatchSource(Protocol):
    """What reads a run: its table, and how it stands."""

    @property
    def behind(self) -> bool:
        """Whether there is more to read at once."""

    @property
    def table(self) -> MetricTable:
        """The metrics read so far."""

    def read_on(self) -> bool:
        """Take in what is new; return whether anything is."""

    def watched(self) -> WatchedRun:
        """Return how the run stands."""


@dataclass(frozen=True, slots=True)
class AnySnapshot:
    """A run at one moment; of the metrics' curves, those that were asked for."""

    run: WatchedRun
    step: float
    metrics: tuple[MetricSummary, ...]
    curves: Mapping[str, StepCurve]


class AnyWatch:
    """Reads on a few times a second, and answers each `ask` once there is something new."""

    def __init__(self, source: WatchSource) -> None:
        self._source = source
        self._asked = threading.Event()
        self._wake = threading.Event()
        self._closing = False
        self._wanted: frozenset[str] = frozenset()
        self._thread: threading.Thread | None = None

    def start(self, on_snapshot: Callable[[AnySnapshot], None]) -> None:
        """Begin to look; snapshots are handed over on a thread of this object's."""
        self._thread = threading.Thread(
            target=self._watch, args=(on_snapshot,), name="watch", daemon=True
        )
        self._thread.start()

    def ask(self, wanted: frozenset[str]) -> None:
        """Ask for the next moment, with these metrics' curves; others than before at once."""
        is_new, self._wanted = wanted != self._wanted, wanted
        self._asked.set()
        if is_new:
            self._wake.set()

    def close(self) -> None:
        """Look no more."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, on_snapshot: Callable[[AnySnapshot], None]) -> None:
        told: object = None
        news, pause = True, 0.0
        while not self._closing:
            self._wake.wait(pause)
            self._wake.clear()
            news |= self._source.read_on()
            pause = 0.0 if self._source.behind else POLL_SECONDS
            if not self._asked.is_set():
                continue
            wanted, run, table = self._wanted, self._source.watched(), self._source.table
            moment = wanted, quiet_seconds(run)
            if news or moment != told:
                self._asked.clear()
                told, news = moment, False
                curves = table.curves(wanted)
                on_snapshot(AnySnapshot(run, table.step, table.summaries(), curves))


def quiet_seconds(run: WatchedRun) -> int:
    """Return the seconds for which nothing new has come, 0 while that says nothing."""
    return 0 if run.quiet_seconds < QUIET_SECONDS else int(run.quiet_seconds)
