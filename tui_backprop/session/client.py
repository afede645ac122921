"""The screen's side of a session: starts the training process, sends commands, hands on events."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from typing import Protocol

from tui_backprop.session.messages import Command, Event, WorkerEnded
from tui_backprop.session.process import main

EventHandler = Callable[[Event], None]
"""Takes events, in order, on a thread of the client's."""


class Client(Protocol):
    """What a screen needs of a training process."""

    def start(self, on_event: EventHandler) -> None:
        """Start training side and the flow of events."""

    def send(self, command: Command) -> None:
        """Pass a command on; one sent to a process that is gone is dropped."""

    def close(self) -> None:
        """End the training side and wait until it is gone."""


class ProcessClient:
    """A Client whose trainer runs in a process of its own.

    Training keeps its full speed whatever the screen does, and neither side takes the other down.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        if os.name == "posix":
            # Once a terminal app has replaced stderr, the tracker can no longer be started.
            from multiprocessing import resource_tracker

            resource_tracker.ensure_running()
        self._connection, child_end = context.Pipe()
        self._process = context.Process(target=main, args=(child_end,), name="training")
        self._process.daemon = True
        self._process.start()
        child_end.close()
        self._lock = threading.Lock()
        self._closing = False
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the training process."""
        return self._process.pid

    def start(self, on_event: EventHandler) -> None:
        """Begin to hand on events to `on_event`."""
        self._reader = threading.Thread(
            target=self._read, args=(on_event,), name="session events", daemon=True
        )
        self._reader.start()

    def send(self, command: Command) -> None:
        """Pass a command on to the training process."""
        self._send(command)

    def close(self) -> None:
        """End the training process; by force if it does not leave within two seconds."""
        self._closing = True
        # Closing alone would not do: while the reader waits on it, the pipe stays open.
        self._send(None)
        self._process.join(2.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        if self._reader is not None:
            self._reader.join(2.0)
        self._connection.close()

    def _send(self, message: Command | None) -> None:
        with self._lock:
            try:
                self._connection.send(message)
            except OSError:
                # The reader sees the same end and reports it, once.
                return

    def _read(self, on_event: EventHandler) -> None:
        error = ""
        while True:
            try:
                event = self._connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(event, WorkerEnded):
                error = event.error
            else:
                on_event(event)
        if not self._closing:
            self._process.join(2.0)
            on_event(WorkerEnded(self._process.exitcode, error))
