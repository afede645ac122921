"""A signal soon after a command's start: its status says which one, and nothing else is said."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_LINE = b"| tui_backprop.cli.interruption"
"""What `-X importtime` says once the program has come to its own code."""

COMMANDS = {
    "train": ("--iterations=1000000000",),
    "check": ("--hidden=1000,1000",),
    "step": ("--at=10000",),
    "runs": (),
    "export": ("latest", "--metrics=table.csv"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_early_signal_ends_any_command_with_128_and_its_number(
    tmp_path: Path, command: str
) -> None:
    rng = random.Random(command)
    ended_by_signal = 0
    for number in SIGNALS * 3:
        with subprocess.Popen(
            [sys.executable, "-X", "importtime", *PROGRAM[1:], command, *COMMANDS[command]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment({"TUI_BACKPROP_RUNS_DIR": str(tmp_path)}),
            cwd=tmp_path,
        ) as program:
            assert program.stderr is not None
            while FIRST_LINE not in (line := program.stderr.readline()):
                assert line, "ended before its first line"
            time.sleep(rng.uniform(0.01, 0.5))
            program.send_signal(number)
            _, said = program.communicate(timeout=5.0)
        assert b"Traceback" not in said, (number, said[-500:])
        # A command may be done before the signal comes, or be where Python has taken back our
        # handlers on its way out: what a shell shows as 128 + n too.
        done = {0, 2, -number} if command in ("runs", "export") else set()
        assert program.returncode in {128 + number} | done, number
        ended_by_signal += program.returncode == 128 + number
    assert ended_by_signal > 0
