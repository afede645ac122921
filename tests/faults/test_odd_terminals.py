"""Terminals that are odd, tiny, silent or missing: usable, or refused in a line; no spinning."""

import os
import re
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import cpu_seconds
from tests.support.terminal import ENTER_ALTERNATE, Terminal

pytestmark = [
    pytest.mark.pty,
    pytest.mark.skipif(os.name != "posix", reason="POSIX terminals"),
]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells CPU time")

DIGITS = ("--dataset=digits", "--iterations=300", "--start")
ENDLESS = ("--dataset=digits", "--iterations=1000000000")


def share_of_cpu(terminal: Terminal, seconds: float, *, read: bool = True) -> float:
    """Return what share of one processor the screen's process takes for some time."""
    pid = terminal.program.pid
    began, before = time.monotonic(), cpu_seconds(pid)
    if read:
        terminal.read(seconds)
    else:
        time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


@pytest.mark.parametrize("stream", ["stdin", "stderr"])
def test_without_a_keyboard_or_a_screen_it_trains_headless(tmp_path: Path, stream: str) -> None:
    with Terminal(*DIGITS, env={"TUI_BACKPROP_RUNS_DIR": str(tmp_path)}, elsewhere=[stream]) as it:
        assert it.exit_status(30.0) == 0
        assert ENTER_ALTERNATE not in it.output
        assert b"iteration 300  epoch  20.9 " in it.output
        if stream == "stdin":
            assert b"no terminal on standard input and standard error" in it.output


def test_with_its_output_elsewhere_the_app_is_usable() -> None:
    with Terminal(*DIGITS, elsewhere=["stdout"]) as terminal:
        terminal.shows("✓ finished", "300/300")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored


@pytest.mark.parametrize("term", ["xterm-16color", "unheard-of", None])
def test_any_terminal_that_is_not_dumb_is_usable(term: str | None) -> None:
    with Terminal(*DIGITS, env={"TERM": term}) as terminal:
        terminal.shows("✓ finished", "300/300", "Affine1")
        if term == "xterm-16color":
            assert not re.search(rb"\x1b\[[\d;]*[34]8;[25];", terminal.output)
        terminal.send("\x11")
        assert terminal.exit_status() == 0


@linux
def test_while_it_waits_it_takes_no_cpu_at_any_size() -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        terminal.settle(quiet=1.5)
        for size in [(1, 1), (300, 100), (80, 24)]:
            terminal.resize(*size)
            terminal.settle()
            assert share_of_cpu(terminal, 0.7) < 0.2
        terminal.shows("press space to start")


@linux
def test_a_terminal_that_nobody_reads_costs_little_and_catches_up() -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        assert share_of_cpu(terminal, 2.0, read=False) < 0.6
        before = re.search(r"([\d,]+)/1,000,000,000", terminal.text)
        terminal.until(
            lambda: (
                before
                and (after := re.search(r"([\d,]+)/1,000,000,000", terminal.text))
                and after[1] != before[1]
            )
        )
        terminal.send(" ")
        terminal.shows("○ paused")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored
