"""Tapes on disk."""

from pathlib import Path

from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import faults_of, open_regular, size_of
from tui_backprop.printable import printable
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.run_error import RunError
from tui_backprop.tape_file.errors import TapeFileError
from tui_backprop.tape_file.reading import TapeError, read_tape
from tui_backprop.tape_file.writing import write_tape
from tui_backprop.walkthrough.tape import Tape


def save_tape(tape: Tape, path: Path | str) -> None:
    """Write a tape to a file; one that is there already is replaced, in one step.

    Raises:
        TapeFileError: it cannot be written.
    """
    path = Path(path)
    try:
        RunFiles().replace(path, lambda file: write_tape(file, tape))
    except OSError as error:
        raise TapeFileError(f"{printable(path)}: {error.strerror or error}") from error
    except (RunError, ValueError) as error:
        raise TapeFileError(f"{printable(path)}: {error}") from error


def load_tape(path: Path | str) -> Tape:
    """Return the tape in a file.

    Raises:
        TapeFileError: there is none, or it cannot be read.
    """
    path = Path(path)
    try:
        with faults_of(path), open_regular(path) as file:
            return read_tape(file, size_of(file))
    except TapeError as error:
        raise TapeFileError(f"{printable(path)}: {error}") from error
    except DatasetError as error:
        raise TapeFileError(str(error)) from error
