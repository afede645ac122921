"""Clients without a process, for tests of the app."""

import threading
from queue import SimpleQueue

from tui_backprop.session.client import EventHandler
from tui_backprop.session.messages import Command, Event
from tui_backprop.session.stopwatch import Clock
from tui_backprop.session.worker import Inbox, Worker


class ThreadClient:
    """A Client whose real worker runs in a thread of this process."""

    def __init__(self, clock: Clock) -> None:
        self.sent: list[Command] = []
        self._inbox: Inbox = SimpleQueue()
        self._clock = clock
        self._thread: threading.Thread | None = None
        self.worker: Worker | None = None

    def start(self, on_event: EventHandler) -> None:
        """Start the worker's thread."""
        self.worker = Worker(self._inbox, on_event, self._clock)
        self._thread = threading.Thread(target=self.worker.run, name="worker", daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Note the command and pass it on."""
        self.sent.append(command)
        self._inbox.put(command)

    def close(self) -> None:
        """End the thread."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join()


class PuppetClient:
    """A Client that only does what the test tells it to.

    `starts` counts how often it was started; while there is a `fault`, starting raises it.
    """

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.starts = 0
        self.fault: OSError | None = None
        self._on_event: EventHandler | None = None

    def start(self, on_event: EventHandler) -> None:
        """Note whom to tell events."""
        if self.fault is not None:
            raise self.fault
        self.starts += 1
        self._on_event = on_event

    def send(self, command: Command) -> None:
        """Note the command."""
        self.sent.append(command)

    def close(self) -> None:
        """Nothing is there to end."""

    def tell(self, *events: Event) -> None:
        """Tell events, as the training process would."""
        assert self._on_event is not None
        for event in events:
            self._on_event(event)
