"""A Client that trains nothing: it shows a run which another process trains, from its files."""

import threading

from tui_backprop.runs.follower import RunFollower
from tui_backprop.session.client import EventHandler
from tui_backprop.session.messages import (
    READ_ONLY,
    Command,
    Refused,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    TakeSnapshot,
)

POLL_SECONDS = 0.25

_STATE_AFTER = {
    "finished": RunState.FINISHED,
    "diverged": RunState.STOPPED,
    "paused": RunState.PAUSED,
    "interrupted": RunState.PAUSED,
}


class WatchClient:
    """Looks at a run's files a few times a second, and tells what has changed.

    While training goes on, a snapshot is sent only once one was asked for, as by a trainer; that
    it has come to rest is told unasked.
    """

    def __init__(self, follower: RunFollower) -> None:
        self._follower = follower
        self._asked = threading.Event()
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
            self._asked.set()
        elif self._on_event is not None:
            self._on_event(Refused("", READ_ONLY))

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, on_event: EventHandler) -> None:
        sent: SessionSnapshot | None = None
        news = True
        while not self._closing.wait(POLL_SECONDS if sent else 0):
            news |= self._follower.read_on()
            moves = sent is not None and sent.state is self._state is RunState.RUNNING
            wanted = not moves or self._asked.is_set()
            if not (news and wanted):
                continue
            news = False
            snapshot = self._snapshot()
            if snapshot != sent:
                requested = self._asked.is_set()
                self._asked.clear()
                sent = snapshot
                on_event(SnapshotTaken(snapshot, requested))

    @property
    def _state(self) -> RunState:
        otherwise = RunState.RUNNING if self._follower.trained else RunState.PAUSED
        return _STATE_AFTER.get(self._follower.last_event, otherwise)

    def _snapshot(self) -> SessionSnapshot:
        follower = self._follower
        return SessionSnapshot(
            training=follower.snapshot(),
            state=self._state,
            elapsed=follower.elapsed,
            iterations_per_second=follower.rate,
            speed_limit=None,
            run_id=follower.run_id,
            not_saved=follower.fault,
            watched="watching" if follower.trained else "watching, nobody trains it",
        )
