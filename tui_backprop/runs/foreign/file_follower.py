"""Reads on in one file of another program's, which may grow, be replaced, or be cut."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_readable
from tui_backprop.runs.foreign.reading import Parser, Reading
from tui_backprop.runs.run_error import RunError

CHUNK_BYTES = 2**20
LARGEST_PIECE = 2**26
"""A parser that can use nothing of so many bytes is given no more."""

BYTES_A_LOOK = 2**21
"""So much is read at once at most, so that the first numbers of a large file are shown early."""

_HEAD_BYTES = 4096


class FileFollower:
    """Hands what is new in a file to its parser.

    Attributes:
        fault: what of it cannot be read, in one line; empty if all can.
        behind: whether there was more to read at the last look.
    """

    def __init__(self, path: Path, new_parser: Callable[[], Parser], *, whole: bool) -> None:
        self.path = path
        self._new_parser = new_parser
        self._whole = whole
        self.fault = ""
        self.forget()

    def read_on(self) -> tuple[list[Reading], bool]:
        """Return the new readings, and whether all before are void: the file is another one."""
        try:
            with open_readable(self.path) as file:
                return self._read(file)
        except RunError as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = f"{self.path.name}: {printable(error.strerror or error)}"
        return [], False

    def forget(self) -> None:
        """Read all of it again the next time."""
        self._parser = self._new_parser()
        self._offset = 0
        self._head = b""
        self._signs: object = None
        self.behind = False

    def _read(self, file: BinaryIO) -> tuple[list[Reading], bool]:
        signs = _signs(file)
        if signs == self._signs and not self.behind:
            return [], False
        size = file.seek(0, 2)
        file.seek(0)
        is_another = self._offset > 0 and (
            self._whole or size < self._offset or file.read(len(self._head)) != self._head
        )
        if is_another:
            self.forget()
        self._signs = signs
        file.seek(0)
        self._head = file.read(min(_HEAD_BYTES, size))
        readings = self._take_pieces(file, size)
        self.fault = f"{self.path.name}: {self._parser.problem}" if self._parser.problem else ""
        return readings, is_another

    def _take_pieces(self, file: BinaryIO, size: int) -> list[Reading]:
        readings: list[Reading] = []
        begun_at, piece = self._offset, CHUNK_BYTES
        while self._offset < size and self._offset - begun_at < BYTES_A_LOOK:
            file.seek(self._offset)
            data = file.read(min(piece, size - self._offset))
            found, used = self._parser.take(data)
            readings += found
            self._offset += used
            if not used:
                if len(data) < piece or piece >= LARGEST_PIECE:
                    self.behind = False
                    return readings
                piece *= 2
        self.behind = self._offset < size
        return readings


def _signs(file: BinaryIO) -> object:
    """Return what differs when a file was written to, or is another one."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
