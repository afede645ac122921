"""The program as a person has it: on a terminal, with keys, signals, sizes and odd settings."""

import re
import signal
import time

import pytest

from tests.support.processes import wait_until
from tests.support.terminal import ENTER_ALTERNATE, Terminal

pytestmark = pytest.mark.pty

DIGITS = ("--dataset=digits", "--iterations=300")
ENDLESS = ("--dataset=digits", "--iterations=1000000000")


def test_from_the_first_frame_to_ctrl_q() -> None:
    with Terminal(*DIGITS) as terminal:
        terminal.shows("press space to start", "Training loss", "Gradients by layer")
        terminal.send(" ")
        terminal.shows("✓ finished", "300/300", "epoch  20.", "Affine1")
        terminal.until(lambda: re.search(r"test +\d\d\.\d\d%", terminal.text))
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored
        assert wait_until(lambda: not terminal.processes, timeout=2.0)


@pytest.mark.parametrize("frame", [ENTER_ALTERNATE, "◌ starting".encode()])
def test_a_key_pressed_as_soon_as_there_is_a_screen_is_not_lost(frame: bytes) -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.until(lambda: frame in terminal.output)
        terminal.send(" ")
        terminal.shows("● training")


def test_a_session_at_80x24_with_every_pane() -> None:
    with Terminal(*DIGITS, "--start", size=(80, 24)) as terminal:
        terminal.shows("✓ finished", "smoothed")
        terminal.send("2")
        terminal.shows("‖ΔW‖/‖W‖", "Affine2", "trend")
        terminal.send("3")
        terminal.shows("Learning rate", "Dataset")
        terminal.send("?")
        terminal.shows("Esc closes")
        terminal.send("\x11")
        assert terminal.exit_status() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_cleanly_while_it_trains(number: signal.Signals) -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        start = time.monotonic()
        terminal.signal(number)
        assert terminal.exit_status(2.0) == 128 + number
        assert terminal.is_restored
        assert wait_until(lambda: not terminal.processes, 2.0 - (time.monotonic() - start))


@pytest.mark.parametrize("delay", [0.0, 0.2, 0.5, 0.8, 1.4, 1.5])
def test_a_signal_at_any_moment_of_the_start_leaves_nothing_behind(delay: float) -> None:
    with Terminal("--start") as terminal:
        terminal.read(delay)
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_status(2.0) in {128 + signal.SIGTERM, -signal.SIGTERM}
        assert terminal.is_restored or ENTER_ALTERNATE not in terminal.output
        assert terminal.settings == terminal.settings_before
        assert wait_until(lambda: not terminal.processes, timeout=2.0)


def test_a_hangup_leaves_no_process() -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        terminal.close()
        assert terminal.program.wait(2.0) == 128 + signal.SIGHUP
        assert wait_until(lambda: not terminal.processes, timeout=2.0)


def test_a_terminal_that_nobody_reads_does_not_keep_it_from_leaving() -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        time.sleep(3.0)
        terminal.signal(signal.SIGTERM)
        assert terminal.program.wait(2.0) == 128 + signal.SIGTERM
        assert wait_until(lambda: not terminal.processes, timeout=2.0)


def test_a_killed_app_leaves_no_process() -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        terminal.signal(signal.SIGKILL)
        assert terminal.exit_status() == -signal.SIGKILL
        assert wait_until(lambda: not terminal.processes, timeout=2.0)


def test_idle_and_paused_send_nothing() -> None:
    with Terminal(*ENDLESS) as terminal:
        terminal.shows("press space to start")
        terminal.settle()
        assert terminal.read(1.0) == b""
        terminal.send(" ")
        terminal.shows("● training")
        terminal.send(" ")
        terminal.shows("○ paused")
        terminal.settle()
        assert terminal.read(1.0) == b""


def test_a_storm_of_sizes_is_survived() -> None:
    with Terminal(*ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        for size in [(1, 1), (300, 100), (80, 24), (2, 50), (20, 3), (300, 1), (1, 100)] * 3:
            terminal.resize(*size)
            terminal.read(0.03)
        terminal.resize(130, 40)
        terminal.shows("● training", "Gradients by layer", "Affine1", "space Run/pause")
        terminal.send(" ")
        terminal.shows("○ paused")
        terminal.send("\x11")
        assert terminal.exit_status() == 0


def test_without_colours_it_says_the_same() -> None:
    with Terminal(*DIGITS, "--start", env={"NO_COLOR": "1"}) as terminal:
        terminal.shows("✓ finished", "Affine1", "smoothed")
        codes = re.findall(rb"\x1b\[([\d;]*)m", terminal.output)
        assert codes
        colours = {b"30", b"31", b"32", b"33", b"34", b"35", b"36", b"37"}
        coloured = [code for code in codes if colours & set(code.split(b";")[:1])]
        assert not coloured


def test_a_terminal_of_16_colours() -> None:
    with Terminal(*DIGITS, "--start", env={"TERM": "xterm"}) as terminal:
        terminal.shows("✓ finished", "Affine1", "smoothed")
        assert not re.search(rb"\x1b\[[\d;]*[34]8;[25];", terminal.output)


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_locale_without_unicode_is_usable(locale: str) -> None:
    changes = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    with Terminal(*DIGITS, "--start", env=changes) as terminal:
        terminal.shows("v finished", "Affine1", "300/300", "|DW|/|W|", "+- Hyperparameters -")
        assert terminal.output.isascii()
        assert b"\\u" not in terminal.output
        terminal.send("\x11")
        assert terminal.exit_status() == 0


def test_a_dumb_terminal_is_refused() -> None:
    with Terminal(env={"TERM": "dumb"}) as terminal:
        assert terminal.exit_status() == 2
        assert b"Error: TERM=dumb" in terminal.output
        assert b"\x1b" not in terminal.output


def test_a_pasted_escape_sequence_is_not_obeyed() -> None:
    with Terminal(*DIGITS) as terminal:
        terminal.shows("press space to start")
        terminal.send("f")
        terminal.read(0.5)
        before = len(terminal.output)
        terminal.send("\x1b[200~pasted\x1b[3;3Hhere\x1b[201~")
        terminal.shows("pasted")
        assert b"\x1b[3;3Hhere" not in terminal.output[before:]
        terminal.send("\x11")
        assert terminal.exit_status() == 0


def test_train_shows_its_progress_on_a_terminal() -> None:
    with Terminal("train", "--dataset=digits", "--iterations=3000") as terminal:
        assert terminal.exit_status(20.0) == 0
        assert " it/s  0:00:0" in terminal.output.decode()
        assert "iteration 3,000  epoch 208.8 " in terminal.text


@pytest.mark.parametrize("term", ["xterm-256color", "screen", "tmux-256color"])
def test_train_leaves_no_stale_bar_between_its_lines(term: str) -> None:
    long_enough = ("--dataset=digits", "--iterations=3000", "--verbose")
    with Terminal("train", *long_enough, size=(80, 300), env={"TERM": term}) as terminal:
        assert terminal.exit_status(20.0) == 0
        assert "it/s" in terminal.output.decode()
        lines = [line.rstrip() for line in terminal.text.splitlines()]
        shown = [line for line in lines if line]
        assert shown[0].startswith("Run ")
        assert len(shown) == 1 + 210
        assert all(line.startswith("iteration ") for line in shown[1:]), terminal.text
