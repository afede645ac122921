"""A Client that trains nothing: it shows a run which another process trains, from its files."""

import threading

from tui_backprop.runs.follower import RunFollower
from tui_backprop.session.client import EventHandler
from tui_backprop.session.messages import (
    Command,
    Refusal,
    Refused,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    TakeSnapshot,
    Watching,
)
from tui_backprop.training.views.registry import NO_VIEWS, RECORDED_VIEWS

POLL_SECONDS = 0.25

SILENT_SECONDS = 10.0
"""After so long without a sign of life, a run that somebody holds is not said to train."""

_STATE_AFTER = {
    "finished": RunState.FINISHED,
    "diverged": RunState.STOPPED,
    "paused": RunState.PAUSED,
    "interrupted": RunState.INTERRUPTED,
}


class WatchClient:
    """Looks at a run's files a few times a second, and tells what has changed.

    While training goes on, a snapshot is sent only once one was asked for, as by a trainer; that
    it has come to rest is told unasked. Where nothing has changed since the last one, it is sent
    again only for views that that one did not hold.
    """

    def __init__(self, follower: RunFollower) -> None:
        self._follower = follower
        self._asked = threading.Event()
        self._wanted = NO_VIEWS
        self._closing = threading.Event()
        self._on_event: EventHandler | None = None
        self._thread: threading.Thread | None = None

    def start(self, on_event: EventHandler) -> None:
        """Begin to look."""
        self._on_event = on_event
        self._thread = threading.Thread(
            target=self._watch, args=(on_event,), name="watch", daemon=True
        )
        self._thread.start()

    def send(self, command: Command) -> None:
        """Note that a snapshot is wanted; refuse everything else."""
        if isinstance(command, TakeSnapshot):
            self._wanted = command.wanted & RECORDED_VIEWS
            self._asked.set()
        elif self._on_event is not None:
            self._on_event(Refused("", "", Refusal.READ_ONLY))

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, on_event: EventHandler) -> None:
        sent: SessionSnapshot | None = None
        news, silent = True, 0
        told: frozenset[str] = NO_VIEWS
        while not self._closing.wait(POLL_SECONDS if sent else 0):
            news |= self._follower.read_on()
            news |= silent != self._silent
            silent = self._silent
            asked, wanted = self._asked.is_set(), self._wanted
            moves = sent is not None and sent.state is self._state is RunState.RUNNING
            if not ((asked and (news or wanted - told)) or (news and not moves)):
                continue
            moment_is_new, news = news, False
            snapshot = self._snapshot(wanted)
            if snapshot != sent:
                told = wanted if moment_is_new else told | wanted
                if asked:
                    self._asked.clear()
                sent = snapshot
                on_event(SnapshotTaken(snapshot, asked))

    @property
    def _silent(self) -> int:
        """For how many seconds there was no sign of a training that is said to be under way."""
        seconds = self._follower.silent_seconds
        stands = self._state is not RunState.RUNNING
        return 0 if stands or seconds < SILENT_SECONDS else int(seconds)

    @property
    def _watched(self) -> Watching:
        return Watching(self._follower.trained, self._silent)

    @property
    def _state(self) -> RunState:
        otherwise = RunState.RUNNING if self._follower.trained else RunState.INTERRUPTED
        return _STATE_AFTER.get(self._follower.last_event, otherwise)

    def _snapshot(self, wanted: frozenset[str]) -> SessionSnapshot:
        follower = self._follower
        return SessionSnapshot(
            training=follower.snapshot(wanted),
            state=self._state,
            elapsed=follower.elapsed,
            iterations_per_second=None if self._silent else follower.rate,
            speed_limit=None,
            run_id=follower.run_id,
            not_saved=follower.fault,
            watched=self._watched,
        )
