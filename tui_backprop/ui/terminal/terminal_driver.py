"""Textual's driver on a terminal that may hang up, or that nobody reads (POSIX only)."""

import os
import selectors
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from queue import Full
from typing import IO, Protocol, TextIO, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui_backprop.ui.terminal.key_reader import KeyReader
from tui_backprop.ui.terminal.typed_input import TypedInput

_CHUNK = 4096
_LEAVE_WITHIN = 0.5

_AT_ONCE = 8
"""Events handed to the app before it is waited for: few, so that signals find it listening."""

_LOOK_EVERY = 0.1
"""Seconds after which a lone escape is a key, and not the beginning of a sequence."""


class LeavesOnSignals(Protocol):
    """An app that leaves by itself when the system asks it to."""

    def leave_cleanly_on_signals(self) -> None:
        """Begin to listen to signals."""

    def action_repaint(self) -> None:
        """Paint everything."""


class TerminalOutput:
    """Writes to a terminal, and lets everything fall once that cannot be done any more.

    An error would end Textual's writing thread; its queue would fill, and the app would wait for
    room in it for ever, deaf to the signal that told of the hangup.
    """

    def __init__(self, stream: TextIO) -> None:
        self._fd = stream.fileno()
        self._encoding = stream.encoding
        self._gone = False

    def write(self, text: str) -> int:
        """Write text at once: no lock of a buffer may be held when the program leaves."""
        data = text.encode(self._encoding, "replace")
        for start in range(0, len(data), _CHUNK):
            self._write_all(data[start : start + _CHUNK])
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._fd

    def abandon(self) -> None:
        """Let fall what is not written yet."""
        self._gone = True

    def _write_all(self, data: bytes) -> None:
        while data and not self._gone:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError:
                self._gone = True


class TerminalDriver(LinuxDriver):
    """A LinuxDriver that never keeps the app waiting for its terminal, nor drowns it in input."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._typed = TypedInput()
        self._app_listens = False
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)

    def let_nothing_in(self) -> None:
        """Let fall what is typed, from now on: the app leaves."""
        self._typed.close()

    def let_keys_in(self) -> None:
        """Hand on what is typed, from now on: the app is ready for it."""
        self._app_listens = True
        with suppress(OSError):
            self._wake.send(b" ")

    @property
    def backlog(self) -> int:
        """How many updates wait for the terminal to take them."""
        return 0 if self._writer_thread is None else self._writer_thread._queue.qsize()

    def start_application_mode(self) -> None:
        """Take the terminal, ready for the signals on which nothing else would give it back."""
        cast("LeavesOnSignals", self._app).leave_cleanly_on_signals()
        assert sys.__stderr__ is not None
        self._output = TerminalOutput(sys.__stderr__)
        self._file = cast(IO[str], self._output)  # type: ignore[assignment]
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal again if it was given back.

        Whoever is hung up on is told to go on, too, and so is whoever was stopped from outside: to
        start once more what has never ended would leave a reader of keys that never does.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
        else:
            self._app.call_later(cast("LeavesOnSignals", self._app).action_repaint)

    def close(self) -> None:
        """Give the terminal back, without waiting for one that takes nothing any more."""
        writer = self._writer_thread
        if writer is None:
            return
        with suppress(Full):
            writer._queue.put(None, timeout=_LEAVE_WITHIN)
        writer.join(_LEAVE_WITHIN)
        self._output.abandon()

    def run_input_thread(self) -> None:
        """Read what is typed, and hand it on as fast as the app deals with it."""
        keys = KeyReader(time.monotonic, self._debug)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                for key, _ in selector.select(_LOOK_EVERY):
                    if key.fileobj is self._woken:
                        self._woken.recv(_CHUNK)
                        continue
                    data = os.read(self.fileno, _CHUNK)
                    if not data:
                        selector.unregister(self.fileno)
                    self._take_in(keys.read(data))
                self._take_in(keys.tick())
                self._hand_on()

    def _query_in_band_window_resize(self) -> None:
        """Ask for no sizes among the keys: the system tells them, and text can claim any."""

    def _take_in(self, events: Iterable[Message]) -> None:
        for event in events:
            if self._typed.is_typed(event):
                self._typed.add(event)
            else:
                self.process_message(event)

    def _hand_on(self) -> None:
        """Hand some of what was typed to the app, and hear when that has been dealt with."""
        if not (self._app_listens or self._typed.leaving):
            return
        events = self._typed.take(_AT_ONCE)
        for event in events:
            self.process_message(event)
        if events:
            self._app_listens = False
            self._app.call_later(self._ask_focused)

    def _ask_focused(self) -> None:
        """Have the widget that gets the keys say when it has come to the end of them."""
        # A screen passes them on to its focused widget, behind which this comes.
        screens = self._app.screen_stack
        target = screens[-1].focused or screens[-1] if screens else self._app
        if not target.call_later(self.let_keys_in):
            self.let_keys_in()
