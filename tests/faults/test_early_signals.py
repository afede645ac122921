"""A signal soon after a command's start: its status says which one, and nothing else is said."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PYTHON_STARTS = 0.1
"""Seconds in which Python may not have come to the program's first line yet."""

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
            [*PROGRAM, command, *COMMANDS[command]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment({"TUI_BACKPROP_RUNS_DIR": str(tmp_path)}),
            cwd=tmp_path,
        ) as program:
            delay = rng.uniform(0.0, 0.5)
            time.sleep(delay)
            program.send_signal(number)
            status = program.wait(3.0)
            assert program.stderr is not None
            said = program.stderr.read()
        if delay > PYTHON_STARTS:
            assert b"Traceback" not in said, (number, delay, said)
        # Before the program's first line the system's own answer holds: a shell shows it as
        # 128 + n too. A command may be done before the signal comes.
        answers = {128 + number, -number} if delay < PYTHON_STARTS else {128 + number}
        own = {0, 2} if command in ("runs", "export") else set()
        assert status in answers | own, (number, delay, said)
        ended_by_signal += status in answers
    assert ended_by_signal > 0
