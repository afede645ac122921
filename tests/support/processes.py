"""Starting the program in a process of its own, and seeing which processes are left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tui_backprop")


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return an environment that is the same everywhere; None in `changes` takes a name away."""
    plain: dict[str, str | None] = {
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": None,
        # A program that is installed has its bytecode too.
        "PYTHONDONTWRITEBYTECODE": None,
        "NO_COLOR": None,
        "FORCE_COLOR": None,
        "COLORTERM": None,
        "SSH_CONNECTION": None,
        "COLUMNS": None,
        "LINES": None,
    }
    wanted = {**os.environ, **plain, **(changes or {})}
    return {name: value for name, value in wanted.items() if value is not None}


def give_children_default_signals() -> None:
    """Have programs started from now on answer signals that this process was told to ignore.

    It goes on ignoring them itself, in a handler: those are not passed on, unlike SIG_IGN.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def run_program(
    *arguments: str, env: Mapping[str, str | None] | None = None, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run the program without a terminal, to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=environment(env),
        timeout=timeout,
        check=False,
    )


def processes_in_group(group: int) -> list[str]:
    """Return pid and command of each living process of a process group (POSIX only)."""
    listing = subprocess.run(
        ["ps", "-axo", "pgid=,stat=,pid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    return [row[2] for row in rows if int(row[0]) == group and not row[1].startswith("Z")]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has taken (Linux only)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Return the living children of a process (POSIX only)."""
    listing = subprocess.run(
        ["ps", "-axo", "ppid=,stat=,pid="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listing.stdout.splitlines()]
    return [int(row[2]) for row in rows if int(row[0]) == pid and not row[1].startswith("Z")]


def wait_until(condition: Callable[[], bool], timeout: float = 10.0) -> bool:
    """Return whether `condition` holds before `timeout` seconds have passed."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
