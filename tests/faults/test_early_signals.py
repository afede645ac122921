"""A signal soon after a command's start: its status says which one, and nothing else is said.

TUI_BACKPROP_EARLY_SIGNALS is how many each command gets, for a longer look than a test run affords.
"""

import os
import random
import signal
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, environment, run_program, wait_until
from tests.support.terminal import ENTER_ALTERNATE, Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

COUNT = int(os.environ.get("TUI_BACKPROP_EARLY_SIGNALS", "9"))
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_LINE = b"| tui_backprop.cli.interruption"
"""What `-X importtime` says once the program has come to its own code."""

SAYS_ITS_FIRST_LINE = (
    PROGRAM[0],
    "-c",
    "from tui_backprop.cli.interruption import leave_at_once_on_signals as begin;"
    "begin(); print('begun', flush=True); from tui_backprop.__main__ import run; run()",
)
"""The same on a terminal, where importtime's lines would be the app's too."""

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
    # Some commands are over in a tenth of a second on a fast machine.
    longest = 0.08 if command in ("runs", "export") else 0.5
    ended_by_signal = 0
    for number in islice(cycle(SIGNALS), COUNT):
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
            time.sleep(rng.uniform(0.005, longest))
            program.send_signal(number)
            _, said = program.communicate(timeout=5.0)
        assert b"Traceback" not in said, (number, said[-500:])
        # A command may be done before the signal comes, or be where Python has taken back our
        # handlers on its way out: what a shell shows as 128 + n too.
        done = {0, 2, -number} if command in ("runs", "export") else set()
        assert program.returncode in {128 + number} | done, number
        ended_by_signal += program.returncode == 128 + number
    assert ended_by_signal > 0


@pytest.mark.pty
@pytest.mark.parametrize("command", ["the app", "watch"])
def test_an_early_signal_ends_it_on_a_terminal_too(tmp_path: Path, command: str) -> None:
    rng = random.Random(command)
    train = ("train", "--dataset=spiral", "--iterations=1", f"--runs-dir={tmp_path}")
    assert run_program(*train).returncode == 0
    arguments = ("watch",) if command == "watch" else ("--dataset=digits", "--start")
    for number in islice(cycle(SIGNALS), COUNT):
        options = (*arguments, f"--runs-dir={tmp_path}")
        with Terminal(*options, program=SAYS_ITS_FIRST_LINE) as terminal:
            terminal.until(lambda: b"begun" in terminal.output)
            terminal.read(rng.uniform(0.01, 1.0))
            terminal.signal(number)
            assert terminal.exit_status(5.0) == 128 + number
            assert b"Traceback" not in terminal.output
            assert terminal.settings == terminal.settings_before
            assert terminal.is_restored or ENTER_ALTERNATE not in terminal.output
            assert wait_until(lambda: not terminal.processes, 2.0)
