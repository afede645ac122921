"""Where runs are kept, and which of them an id means."""

import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import check_directory, open_stored
from tui_backprop.runs.format.names import CONFIG_NAME, METRICS_NAME
from tui_backprop.runs.run_error import RunError, file_error
from tui_backprop.user_path import expanded

LATEST = "latest"
RUNS_VARIABLE = "TUI_BACKPROP_RUNS_DIR"

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", re.ASCII)
_TIMED_ID = re.compile(r"([0-9]{8}-[0-9]{6})-.*", re.ASCII)
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def runs_directory(option: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where runs are kept: as asked for, or else in the user's state directory."""
    chosen = option or environment.get(RUNS_VARIABLE)
    if chosen:
        return expanded(Path(chosen)).absolute()
    from platformdirs import user_state_path

    return user_state_path("tui-backprop", appauthor=False) / "runs"


def new_run_id(now: datetime, entropy: bytes) -> str:
    """Return an id that sorts by time: date, time in UTC, and some letters.

    The first two letters count 1/1024 seconds; then there is one for each byte of `entropy`.
    """
    part = now.microsecond * len(_LETTERS) ** 2 // 10**6
    suffix = (*divmod(part, len(_LETTERS)), *(byte % len(_LETTERS) for byte in entropy))
    letters = "".join(_LETTERS[number] for number in suffix)
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{letters}"


def run_paths(runs: Path) -> list[Path]:
    """Return the directories of all runs, oldest first.

    Raises:
        RunError: the directory of runs cannot be read.
    """
    try:
        found = [path for path in runs.iterdir() if _ID.fullmatch(path.name) and path.is_dir()]
        return sorted(found, key=_begun)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise file_error(runs, error) from error


def _begun(path: Path) -> tuple[int, int, str]:
    """Return what sorts runs by when they began: second, a finer time, and the id.

    A name, a file's date and a clock may each be wrong: a copy is younger than its run, a clock
    was set to next century. The earliest that is told counts, and nothing of the future.
    """
    told = [_time_in(path.name), _time_of_first_event(path / METRICS_NAME)]
    written = _time_written(path / CONFIG_NAME) or _time_written(path)
    told.append(written // 10**9)
    now = time.time()
    return min((t for t in told if t is not None and t <= now), default=0), written, path.name


def _time_written(path: Path) -> int:
    """Return a file's date in nanoseconds since 1970, 0 where there is none."""
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0


def _time_in(run_id: str) -> int | None:
    """Return the seconds since 1970 that an id tells, None if it tells none."""
    found = _TIMED_ID.fullmatch(run_id)
    try:
        return (
            int(datetime.strptime(f"{found[1]}Z", "%Y%m%d-%H%M%S%z").timestamp()) if found else None
        )
    except ValueError:
        return None


def _time_of_first_event(metrics: Path) -> int | None:
    """Return when, in seconds since 1970, a run says that it was started, None if it does not."""
    from tui_backprop.runs.format.metrics import MAX_LINE_BYTES, MetricsReader

    reader = MetricsReader()
    try:
        with open_stored(metrics) as file:
            reader.feed(file.readline(MAX_LINE_BYTES))
        return int(datetime.fromisoformat(reader.events[0].time).timestamp())
    except (OSError, ValueError, OverflowError, IndexError):
        return None


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
        raise file_error(path, error) from error
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
