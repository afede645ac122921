"""The program on a pseudo-terminal, with the moment of everything it sends (POSIX only)."""

import os
import re
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Self

from tests.support.terminal import Terminal

ENDLESS = "--iterations=1000000000"

_ITERATION = re.compile(r"([\d,]+)/[\d,]+  epoch")
_FIRST_ACCURACY = re.compile(r"test +\d+\.\d\d%")
_PAUSE_BEFORE_MEASURING = 2.5
SILENCE = 2.0


class Chunk(NamedTuple):
    """What was read at once, and when."""

    time: float
    data: bytes


class Count(NamedTuple):
    """A number of iterations, and when it came to be on the screen."""

    time: float
    iterations: int


class MeasuredTerminal(Terminal):
    """A terminal of 130x40 that draws only afterwards: emulating it takes a core's time."""

    def ready(self) -> Self:
        """Wait until the net is made and scored, and all that the app does at its start is over."""
        self.until(lambda: "press space" in self.text and _FIRST_ACCURACY.search(self.text))
        self.read(_PAUSE_BEFORE_MEASURING)
        return self

    def training(self) -> Self:
        """Start training, and wait until it has gone on for some time."""
        self.ready()
        self.send(" ")
        self.shows("● training")
        self.read(_PAUSE_BEFORE_MEASURING)
        return self

    def quit(self) -> None:
        """Leave the program as a person would."""
        self.send("\x11")
        self.exit_status()

    def record_to_the_end(self) -> list[Chunk]:
        """Return what is sent until a run is finished: frames come all the time, and none then."""
        chunks: list[Chunk] = []
        while more := self.record(SILENCE):
            chunks += more
        return chunks

    def record(self, seconds: float) -> list[Chunk]:
        """Return what is sent within some time, without drawing it."""
        chunks: list[Chunk] = []
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self._master], [], [], left)[0]:
                break
            data = os.read(self._master, 65536)
            chunks.append(Chunk(time.perf_counter(), data))
        return chunks

    def draw(self, chunks: list[Chunk]) -> Iterator[Chunk]:
        """Draw chunk after chunk, yielding each once the screen shows it."""
        for chunk in chunks:
            self.output += chunk.data
            self._stream.feed(chunk.data)
            yield chunk

    def counts(self, chunks: list[Chunk]) -> list[Count]:
        """Draw chunks, and return each number of iterations they bring on the screen."""
        counts: list[Count] = []
        for chunk in self.draw(chunks):
            found = _ITERATION.search(self.text)
            iterations = int(found[1].replace(",", "")) if found else 0
            if found and (not counts or iterations != counts[-1].iterations):
                counts.append(Count(chunk.time, iterations))
        return counts

    def press(self, key: str, seen: Callable[[], bool], timeout: float = 5.0) -> float:
        """Press a key and return the seconds until the screen showed what it does.

        Raises:
            TimeoutError: it never did.
        """
        start = time.perf_counter()
        self.send(key)
        while time.perf_counter() - start < timeout:
            times = [chunk.time for chunk in self.draw(self.record(0.2)) if seen()]
            if times:
                return times[0] - start
        raise TimeoutError(f"{key!r} has no effect within {timeout:g} s\n{self.text}")

    def press_and_settle(self, key: str, quiet: float = 0.5) -> float:
        """Press a key and return the seconds until the last byte that it caused."""
        start = time.perf_counter()
        self.send(key)
        chunks: list[Chunk] = []
        while new := self.record(quiet):
            chunks += new
        return [chunk.time for chunk in self.draw(chunks)][-1] - start

    def resident_megabytes(self) -> tuple[float, float]:
        """Return the memory that the app and its training process hold, in MB."""
        pids = [int(line.split()[0]) for line in self.processes]
        (training,) = [pid for pid in pids if pid != self.program.pid]
        return resident_megabytes(self.program.pid), resident_megabytes(training)


def resident_megabytes(pid: int) -> float:
    """Return a process's resident memory in MB."""
    answer = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(answer.stdout) * 1024 / 1e6
