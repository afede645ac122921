"""The one exception that storing, finding and reading runs raises."""

from pathlib import Path

from tui_backprop.printable import printable

_LONGEST = 1000


class RunError(ValueError):
    """A run cannot be used as asked. The message is one printable line: the file, the fault.

    What was read from a file may stand in it as it is: here is where it becomes printable.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message, _LONGEST))


def file_error(path: Path, error: OSError) -> RunError:
    """Return what the system finds wrong with the file or directory at `path`."""
    return RunError(f"{printable(path)}: {printable(error.strerror or error)}")
