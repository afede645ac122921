"""Whatever is typed, pasted or sent by mistake: nothing ends it, and it can always be left."""

import os
import signal
import time

import pytest

from tests.support.processes import wait_until
from tests.support.terminal import LEAVE_ALTERNATE, Terminal

pytestmark = pytest.mark.pty

ENDLESS = ("--dataset=digits", "--iterations=1000000000")


@pytest.mark.parametrize("data", [b"\xff", b"\xf3x", b"\xc3", bytes(range(128, 256))])
def test_bytes_that_are_no_text_are_ignored(data: bytes) -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        terminal.send_bytes(data)
        terminal.read(0.3)
        terminal.send(" ")
        terminal.shows("● training")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert b"Traceback" not in terminal.output


@pytest.mark.parametrize("field", [False, True], ids=["keys", "in a field"])
def test_a_flood_of_keys_does_not_keep_a_signal_waiting(field: bool) -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        if field:
            terminal.send("f")
            terminal.shows("esc Leave field")
        terminal.flood(b"0 nm123" * 8_000)
        start = time.monotonic()
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_status(2.0) == 128 + signal.SIGTERM
        assert terminal.is_restored
        assert wait_until(lambda: not terminal.processes, 2.0 - (time.monotonic() - start))


def test_a_flood_of_keys_does_not_keep_ctrl_q_waiting() -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        terminal.flood(b"0 nm123" * 16_000)
        terminal.send("\x11")
        assert terminal.exit_status(2.0) == 0
        assert terminal.is_restored


def test_a_long_paste_in_brackets_arrives_whole() -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        terminal.send("f")
        terminal.shows("esc Leave field")
        terminal.flood(b"\x1b[200~" + b"x" * 20_000 + b"the-end" + b"\x1b[201~")
        terminal.shows("the-end")
        terminal.send("\x11")
        assert terminal.exit_status() == 0


def test_ctrl_z_suspends_and_fg_paints_anew() -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start", "Training loss")
        terminal.settle()
        terminal.send("\x1a")
        terminal.until(lambda: terminal.output.rfind(LEAVE_ALTERNATE) >= 0)
        assert wait_until(lambda: is_stopped(terminal.program.pid))
        assert terminal.settings == terminal.settings_before
        before = len(terminal.output)
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: b"Training loss" in terminal.output[before:])
        terminal.send(" ")
        terminal.shows("● training")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored


def test_what_was_not_suspended_does_not_resume() -> None:
    """The system tells who is hung up on to go on, too: a second reader of keys would never end."""
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start", "Training loss")
        terminal.settle()
        threads = thread_count(terminal.program.pid)
        for _ in range(3):
            before = len(terminal.output)
            terminal.signal(signal.SIGCONT)
            terminal.until(lambda: b"Training loss" in terminal.output[before:])  # noqa: B023
            # One more may be the loop's own worker; a reader and a writer would be two each time.
            assert thread_count(terminal.program.pid) <= threads + 1
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored


def thread_count(pid: int) -> int:
    with os.popen(f"ps -o nlwp= -p {pid}") as listing:
        return int(listing.read())


def is_stopped(pid: int) -> bool:
    with os.popen(f"ps -o stat= -p {pid}") as listing:
        return listing.read().startswith("T")
