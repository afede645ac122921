"""The screen's side of a session: starts the training process, sends commands, hands on events."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from tui_backprop.session.channel import Channel
from tui_backprop.session.messages import Command, Event, WorkerEnded

EventHandler = Callable[[Event], None]
"""Takes events, in order, on a thread of the client's."""

_SECONDS_TO_LEAVE = 2.0
_MODULE = "tui_backprop.session.process"


class Client(Protocol):
    """What a screen needs of a training process."""

    def start(self, on_event: EventHandler) -> None:
        """Start training side and the flow of events; again, once WorkerEnded has told its end.

        Raises:
            OSError: the system does not let it start.
        """

    def send(self, command: Command) -> None:
        """Pass a command on; one sent to a process that is gone is dropped."""

    def close(self) -> None:
        """End the training side, and wait a moment until it is gone."""


class ProcessClient:
    """A Client whose trainer runs in a process of its own.

    Training keeps its full speed whatever the screen does, and neither side takes the other down.

    Args:
        runs: the directory where runs are kept; None to keep none.
    """

    def __init__(self, runs: Path | None = None) -> None:
        self._runs = None if runs is None else str(runs)
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._lock = threading.Lock()
        self._closing = False
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the training process, None before `start`."""
        return None if self._process is None else self._process.pid

    def start(self, on_event: EventHandler) -> None:
        """Start the training process, and hand on its events to `on_event`.

        Raises:
            OSError: the system does not let it start.
        """
        self._drop_channel()
        # The child shall find the same packages, wherever it is started from.
        start = f"from {_MODULE} import run; run({self._runs!r})"
        code = f"import sys; sys.path[:] = {sys.path!r}; {start}"
        process = subprocess.Popen(  # noqa: S603 - this very interpreter, with our own code
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        channel = Channel(cast("BinaryIO", process.stdout), cast("BinaryIO", process.stdin))
        self._process, self._channel = process, channel
        self._reader = threading.Thread(
            target=self._read,
            args=(process, channel, on_event),
            name="session events",
            daemon=True,
        )
        self._reader.start()

    def send(self, command: Command) -> None:
        """Pass a command on to the training process."""
        self._send(command)

    def close(self) -> None:
        """End the training process, and wait two seconds at most until it is gone.

        One that takes longer is writing a large net's last checkpoint and leaves once that is done;
        or it was stopped, and is woken to do so.
        """
        self._closing = True
        if self._process is None or self._channel is None or self._reader is None:
            return
        self._send(None)
        try:
            self._process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            if sys.platform != "win32":
                self._process.send_signal(signal.SIGCONT)
            return
        self._reader.join(_SECONDS_TO_LEAVE)
        self._drop_channel()

    def _drop_channel(self) -> None:
        with self._lock:
            channel, self._channel = self._channel, None
            if channel is not None:
                channel.close()

    def _send(self, message: Command | None) -> None:
        with self._lock:
            if self._channel is None:
                return
            try:
                self._channel.send(message)
            except OSError:
                # The reader sees the same end and reports it, once.
                return

    def _read(
        self, process: subprocess.Popen[bytes], channel: Channel, on_event: EventHandler
    ) -> None:
        error = ""
        while True:
            try:
                event = channel.recv()
            except (EOFError, OSError):
                break
            if isinstance(event, WorkerEnded):
                error = event.error
            else:
                on_event(event)
        exit_code = process.wait()
        if self._closing:
            channel.close()
        else:
            on_event(WorkerEnded(exit_code, error))
