"""A pseudo-terminal with the program on it: keys in, a screen out (POSIX only)."""

import fcntl
import os
import selectors
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

from tests.support.processes import PROGRAM, environment, processes_in_group

# The program becomes the leader of a session whose terminal this is, as a shell would make it.
_ON_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "fcntl.ioctl(next(filter(os.isatty, range(3))), termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
ENTER_ALTERNATE, LEAVE_ALTERNATE = b"\x1b[?1049h", b"\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"


class Terminal:
    """Runs the program, and reads all it sends whenever a method waits.

    Args:
        arguments: of the program.
        size: columns and rows.
        env: what its environment has other than `environment`.
        elsewhere: which of stdin, stdout and stderr are not this terminal but nothing.
        folder: where it is started, here by default.
        program: what is run with the arguments.
    """

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (130, 40),
        env: Mapping[str, str | None] | None = None,
        elsewhere: Collection[str] = (),
        folder: Path | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self.output = bytearray()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = os.openpty()
        self.settings_before = termios.tcgetattr(self._slave)
        self.resize(*size)
        os.set_blocking(self._master, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._master, selectors.EVENT_READ)

        def stream(name: str) -> int:
            return subprocess.DEVNULL if name in elsewhere else self._slave

        self.program = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *program, *arguments],
            stdin=stream("stdin"),
            stdout=stream("stdout"),
            stderr=stream("stderr"),
            env=environment(env),
            cwd=folder,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.program.poll() is None:
            os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()
        self._selector.close()
        self.close()
        os.close(self._slave)

    def close(self) -> None:
        """Hang up: what a dropped link does to the terminal."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, which the program is told with SIGWINCH."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def send(self, keys: str) -> None:
        """Type keys."""
        os.write(self._master, keys.encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes that need be no text."""
        os.write(self._master, data)

    def flood(self, data: bytes, timeout: float = 10.0) -> None:
        """Send as much as a paste has, as fast as it is taken; fail if it never is."""
        end = time.monotonic() + timeout
        while data:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                assert time.monotonic() < end, "nobody reads what is typed"
                self._take(0.005)

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.program.send_signal(number)

    def read(self, seconds: float) -> bytes:
        """Take in what is sent within some time, and return it."""
        start, end = len(self.output), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._take(left)
        return bytes(self.output[start:])

    def until(self, condition: Callable[[], object], timeout: float = 20.0) -> None:
        """Take in what is sent until a condition holds; fail with the screen if it never does."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"never came true\n{self.text}"
            self._take(0.02)

    def shows(self, *texts: str, timeout: float = 20.0) -> None:
        """Wait until the screen shows all the texts."""
        self.until(lambda: all(text in self.text for text in texts), timeout)

    def settle(self, quiet: float = 0.5, timeout: float = 15.0) -> None:
        """Wait until nothing has been sent for some time."""
        end = time.monotonic() + timeout
        while self.read(quiet):
            assert time.monotonic() < end, "is never quiet"

    def exit_status(self, timeout: float = 5.0) -> int:
        """Wait for the program to end, and return its status."""
        self.until(lambda: self.program.poll() is not None, timeout)
        self._take(0.0)
        assert self.program.returncode is not None
        return self.program.returncode

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self._screen.display)

    @property
    def settings(self) -> list[Any]:
        """The terminal's modes, as stty shows them."""
        return termios.tcgetattr(self._slave)

    @property
    def processes(self) -> list[str]:
        """The program and the children it has."""
        return processes_in_group(self.program.pid)

    @property
    def is_restored(self) -> bool:
        """Whether the screen and the modes are as they were before the program."""
        return (
            self.output.rfind(LEAVE_ALTERNATE) > self.output.rfind(ENTER_ALTERNATE)
            and self.output.rfind(SHOW_CURSOR) > self.output.rfind(HIDE_CURSOR)
            and self.settings == self.settings_before
        )

    def _take(self, seconds: float) -> None:
        while self._selector.select(max(0.0, seconds)):
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            self.output += data
            self._stream.feed(data)
            seconds = 0.0
