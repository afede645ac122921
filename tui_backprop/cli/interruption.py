"""Signals that end the program, answered between two iterations."""

import signal
from types import FrameType, TracebackType
from typing import Self

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interruption:
    """While entered, keeps the first signal that asks the program to end.

    Until `defer` is called, and from the second signal on, the program ends at once. A signal
    that whoever started the program had it ignore (nohup does) stays ignored.

    Attributes:
        number: of the signal that came, or None.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._deferring = False
        self._before: dict[int, signal.Handlers | int | None] = {}

    @property
    def exit_status(self) -> int:
        """What the program returns after the signal: 128 and its number."""
        return 128 + (self.number or 0)

    def defer(self) -> None:
        """From now on only note the signal; what has begun is brought to an end first."""
        self._deferring = True

    def __enter__(self) -> Self:
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)  # type: ignore[assignment]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._deferring or self.number is not None:
            raise SystemExit(128 + number)
        self.number = number
