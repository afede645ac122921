"""Messages over a pair of pipes: each with its length before it."""

import pickle
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")


class Channel:
    """Sends and receives whole messages. Both ends are this program: nothing else may write here.

    Args:
        incoming: buffered, read by one thread.
        outgoing: buffered, written by one thread at a time.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def send(self, message: object) -> None:
        """Send a message, waiting while the pipe is full.

        Raises:
            OSError: the other end is gone.
        """
        body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        self._outgoing.write(_LENGTH.pack(len(body)))
        self._outgoing.write(body)
        self._outgoing.flush()

    def recv(self) -> Any:
        """Wait for a message and return it.

        Raises:
            EOFError: the other end is closed.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        return pickle.loads(self._read(length))  # noqa: S301 - from our own process, see above

    def close(self) -> None:
        """Close both pipes; what could not be sent is lost."""
        for pipe in (self._outgoing, self._incoming):
            try:
                pipe.close()
            except OSError:
                continue

    def _read(self, size: int) -> bytes:
        data = self._incoming.read(size)
        if len(data) < size:
            raise EOFError
        return data
