"""Textual's driver on a terminal that may hang up, or that nobody reads (POSIX only)."""

import os
import sys
from contextlib import suppress
from queue import Full
from typing import IO, Protocol, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver

_CHUNK = 4096
_LEAVE_WITHIN = 0.5


class LeavesOnSignals(Protocol):
    """An app that leaves by itself when the system asks it to."""

    def leave_cleanly_on_signals(self) -> None:
        """Begin to listen to signals."""


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
    """A LinuxDriver that never keeps the app waiting for its terminal."""

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

    def close(self) -> None:
        """Give the terminal back, without waiting for one that takes nothing any more."""
        writer = self._writer_thread
        if writer is None:
            return
        with suppress(Full):
            writer._queue.put(None, timeout=_LEAVE_WITHIN)
        writer.join(_LEAVE_WITHIN)
        self._output.abandon()
