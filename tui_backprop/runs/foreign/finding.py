"""Which runs there are at a path: found by looking at the files there."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tui_backprop.printable import printable
from tui_backprop.runs.files import open_readable
from tui_backprop.runs.foreign.catalogue import KINDS, Kind
from tui_backprop.runs.format.names import CONFIG_NAME, METRICS_NAME
from tui_backprop.runs.run_error import RunError, file_error

DEEPEST = 8
MOST_ENTRIES = 50_000
MOST_RUNS = 1000
_HEAD_BYTES = 2**16
_LEFT_OUT = {"node_modules", "__pycache__", "site-packages"}


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a run; `prefix` goes before the names of its metrics."""

    path: Path
    prefix: str


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run at a path. `kind` is None for one in the format of this program."""

    path: Path
    kind: Kind | None
    files: tuple[FoundFile, ...] = ()

    @property
    def title(self) -> str:
        """What kind of run it is."""
        return self.kind.title if self.kind else "tui-backprop run"


def found_runs(where: Path) -> list[FoundRun]:
    """Return the runs at a path, by their paths; no link is followed below it.

    Raises:
        RunError: there is nothing at the path, or it cannot be read.
    """
    try:
        if not where.is_dir():
            with open_readable(where) as file:
                head = file.read(_HEAD_BYTES)
            return _run_of_file(where, head)
        # So that a directory that cannot be read is told, and not an empty one.
        os.scandir(where).close()
    except OSError as error:
        raise file_error(where, error) from error
    runs: dict[tuple[Path, str], FoundRun] = {}
    for path in _files(where):
        if path.name == CONFIG_NAME:
            runs[path.parent, ""] = FoundRun(path.parent, None)
        elif (kind := _kind_of(path)) is not None:
            run, prefix = kind.run_of(path)
            if not run.is_relative_to(where):
                run, prefix = where, ""
            before = runs.get((run, kind.title), FoundRun(run, kind))
            files = (*before.files, FoundFile(path, prefix))
            runs[run, kind.title] = FoundRun(run, kind, files)
        if len(runs) >= MOST_RUNS:
            break
    return sorted(runs.values(), key=lambda run: (str(run.path), run.title))


def files_of(run: FoundRun) -> tuple[FoundFile, ...]:
    """Return the files that a run has now; those of before, where it cannot be looked at.

    Of a kind whose newest file tells all, that is the one that was written last.
    """
    assert run.kind is not None
    files = run.files
    if run.path.is_dir():
        try:
            again = [r for r in found_runs(run.path) if r.path == run.path and r.kind is run.kind]
        except RunError:
            again = []
        files = again[0].files if again else files
    if run.kind.newest_only:
        return (max(files, key=lambda file: _written(file.path)),)
    return files


def _run_of_file(path: Path, head: bytes) -> list[FoundRun]:
    for kind in KINDS:
        if fnmatch(path.name, kind.pattern) and kind.recognizes(head):
            return [FoundRun(path, kind, (FoundFile(path, ""),))]
    known = ", ".join(dict.fromkeys(kind.title for kind in KINDS))
    raise RunError(f"{printable(path)}: holds no numbers of a training that are known: {known}")


def _kind_of(path: Path) -> Kind | None:
    fitting = [kind for kind in KINDS if fnmatch(path.name, kind.pattern)]
    if not fitting:
        return None
    try:
        with open_readable(path) as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, RunError):
        return None
    return next((kind for kind in fitting if kind.recognizes(head)), None)


def _files(where: Path) -> Iterator[Path]:
    """Yield files below a directory; of a run of this program only its configuration."""
    left = MOST_ENTRIES
    for folder, folders, names in os.walk(where):
        here = Path(folder)
        if {CONFIG_NAME, METRICS_NAME} <= set(names):
            folders.clear()
            names = [CONFIG_NAME]
        elif CONFIG_NAME in names:
            names.remove(CONFIG_NAME)
        depth = len(here.relative_to(where).parts)
        keep = [n for n in sorted(folders) if not n.startswith(".") and n not in _LEFT_OUT]
        folders[:] = keep if depth < DEEPEST else []
        left -= len(names) + len(folders)
        if left < 0:
            return
        for name in sorted(names):
            yield here / name


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
