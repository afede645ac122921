"""Where runs are kept, and which of them an id means."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import check_directory
from tui_backprop.runs.run_error import RunError
from tui_backprop.user_path import expanded

LATEST = "latest"
RUNS_VARIABLE = "TUI_BACKPROP_RUNS_DIR"

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", re.ASCII)
_SUFFIX_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def runs_directory(option: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where runs are kept: as asked for, or else in the user's state directory."""
    chosen = option or environment.get(RUNS_VARIABLE)
    if chosen:
        return expanded(Path(chosen)).absolute()
    from platformdirs import user_state_path

    return user_state_path("tui-backprop", appauthor=False) / "runs"


def new_run_id(now: datetime, entropy: bytes) -> str:
    """Return an id that sorts by time: date, time in UTC, and a letter for each byte."""
    suffix = "".join(_SUFFIX_LETTERS[byte % len(_SUFFIX_LETTERS)] for byte in entropy)
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{suffix}"


def run_paths(runs: Path) -> list[Path]:
    """Return the directories of all runs, oldest first.

    Raises:
        RunError: the directory of runs cannot be read.
    """
    try:
        return sorted(path for path in runs.iterdir() if _ID.fullmatch(path.name) and path.is_dir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{printable(runs)}: {printable(error.strerror or error)}") from error


def find_run(runs: Path, run_id: str) -> Path:
    """Return the directory of the run with this id; "latest" is the newest one.

    Raises:
        RunError: there is no such run, or it is not the user's own.
    """
    if run_id == LATEST:
        return _newest(runs)
    path = runs / run_id
    try:
        if not _ID.fullmatch(run_id) or not os.path.lexists(path):
            raise RunError(f"no run {printable(run_id, 60)!r} in {printable(runs)}")
        check_directory(path)
    except OSError as error:
        raise RunError(f"{printable(path)}: {printable(error.strerror or error)}") from error
    return path


def _newest(runs: Path) -> Path:
    fault: Exception = RunError(f"{printable(runs)}: no runs yet")
    for path in reversed(run_paths(runs)):
        try:
            check_directory(path)
        except (RunError, OSError) as error:
            # Somebody else's is not meant; it is told of where there is no other.
            fault = error
        else:
            return path
    raise RunError(str(fault)) from fault
