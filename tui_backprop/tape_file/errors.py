"""The one exception that reading and writing tapes raises."""

from tui_backprop.printable import printable

_LONGEST = 1000


class TapeFileError(ValueError):
    """A tape cannot be read or written. The message is one printable line: the file, the fault."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, _LONGEST))
