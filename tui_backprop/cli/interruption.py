"""Signals that end the program: at once, or once what has begun is brought to an end."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def leave_at_once_on_signals() -> None:
    """From now on, end with status 128 + n at signal n, in the middle of whatever is done."""
    _handle_signals(lambda number, _: os._exit(128 + number))


class Interruption:
    """While entered, only notes the first signal; a second one ends the program where it is.

    A signal that whoever started the program had it ignore (nohup does) stays ignored.

    Attributes:
        number: of the signal that came, or None.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, signal.Handlers | int | None] = {}

    @property
    def exit_status(self) -> int:
        """What the program returns after the signal: 128 and its number."""
        return 128 + (self.number or 0)

    def __enter__(self) -> Self:
        self._before = _handle_signals(self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            raise SystemExit(128 + number)
        self.number = number


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Bring what is done within to its end, and leave then if a signal came meanwhile."""
    with Interruption() as interruption:
        yield
    if interruption.number is not None:
        raise SystemExit(interruption.exit_status)


def _handle_signals(
    handler: Callable[[int, FrameType | None], None],
) -> dict[int, signal.Handlers | int | None]:
    """Have a handler answer the signals that are not ignored; return what answered them before."""
    before: dict[int, signal.Handlers | int | None] = {}
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)  # type: ignore[assignment]
    return before
