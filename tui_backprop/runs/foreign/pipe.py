"""What another program prints into a pipe, line by line: passed on, and its numbers read."""

import os
import re
import select
from collections import deque
from collections.abc import Callable

from tui_backprop.printable import printable
from tui_backprop.runs.foreign.printed_lines import PrintedLines
from tui_backprop.runs.foreign.step_series import MetricTable
from tui_backprop.runs.foreign.watched import WatchedRun

KEPT_LINES = 500
LONGEST_SHOWN = 500
LONGEST_LINE = 2**16
BYTES_A_LOOK = 2**16
"""So much is read at once at most, so that the screen moves however much is printed."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|\x08+")
"""Colours, titles, and the backspaces by which Keras goes back to a line's beginning."""
_ENDS = re.compile(r"\r\n|\n|\r")


class PrintedText:
    """Takes in text as it is printed: the lines a terminal would show, and the numbers in them.

    What a carriage return ended is replaced by what comes next, as by a progress bar.
    """

    def __init__(self) -> None:
        self.table = MetricTable()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._reader = PrintedLines()
        self._rest = b""
        self._replace = False

    def take(self, data: bytes) -> None:
        """Take in the next bytes. A last line without its end waits for the rest of it."""
        data = self._rest + data
        # After a carriage return that comes last, a line feed may follow that is part of it.
        end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        if end == 0 and len(data) > LONGEST_LINE:
            end = len(data)
        self._rest = data[end:]
        text = data[:end].decode("utf-8", "replace")
        at = 0
        for match in _ENDS.finditer(text):
            self._take_line(text[at : match.start()], replaced=match[0] == "\r")
            at = match.end()
        if at < len(text):
            self._take_line(text[at:], replaced=False)

    def close(self) -> None:
        """Take in what there is of the last line."""
        if self._rest:
            self.take(b"\n")

    def lines(self) -> tuple[str, ...]:
        """Return the newest lines, the newest last, without anything that moves a cursor."""
        return tuple(self._lines)

    def _take_line(self, line: str, *, replaced: bool) -> None:
        line = _ESCAPES.sub("", line).expandtabs(8)
        if self._replace and self._lines and line:
            self._lines.pop()
        if line or not replaced:
            self._lines.append(printable(line, LONGEST_SHOWN))
            self._replace = replaced
        self.table.take(self._reader.readings(line))


class PipeSource:
    """Reads on in a pipe, without ever waiting for it.

    Args:
        descriptor: of the pipe's end to read from; it is this object's from now on.
        clock: seconds that only grow.
    """

    def __init__(self, descriptor: int, clock: Callable[[], float]) -> None:
        self._descriptor = descriptor
        self._clock = clock
        self._text = PrintedText()
        self._last_news = clock()
        self._fault = ""
        self.behind = False
        self.ended = False

    @property
    def table(self) -> MetricTable:
        """The numbers that were found."""
        return self._text.table

    def read_on(self) -> bool:
        """Take in what there is; return whether there is anything new."""
        left = BYTES_A_LOOK
        changed = False
        while left > 0 and not self.ended and select.select([self._descriptor], [], [], 0)[0]:
            try:
                data = os.read(self._descriptor, 2**16)
            except OSError as error:
                self._fault, data = printable(error.strerror or error), b""
            left -= len(data)
            changed = True
            if data:
                self._text.take(data)
            else:
                self.ended = True
                self._text.close()
                os.close(self._descriptor)
        self.behind = left <= 0
        if changed:
            self._last_news = self._clock()
        return changed

    def watched(self) -> WatchedRun:
        """Return how the program stands."""
        return WatchedRun(
            title="standard input",
            kind="printed lines",
            state="ended" if self.ended else "",
            quiet_seconds=0.0 if self.ended else self._clock() - self._last_news,
            fault=self._fault,
            lines=self._text.lines(),
        )
