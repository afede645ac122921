"""A tape's file on a terminal: opened, walked, left."""

import signal
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.walkthrough.foreign import wrong_at
from tui_backprop.tape_file import save_tape

pytestmark = pytest.mark.pty


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_tape(wrong_at("dW2"), tmp_path / "wrong.tape")
    return tmp_path / "wrong.tape"


def test_a_tape_opens_on_the_step_screen_and_is_left(file: Path) -> None:
    with Terminal("step", str(file), size=(80, 24)) as terminal:
        terminal.shows("wrong.tape", "1/17", "disagree first at step 8: type :8")
        terminal.send(":")
        terminal.shows("Go to")
        terminal.send("8\r")
        terminal.shows("8/17", "the code made dW2[")
        terminal.send("\x1b")
        terminal.shows("Esc again leaves")
        terminal.send("\x1b")
        assert terminal.exit_status() == 0
        assert terminal.is_restored


def test_a_signal_ends_it_cleanly(file: Path) -> None:
    with Terminal("step", str(file)) as terminal:
        terminal.shows("1/17")
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_status() == 128 + signal.SIGTERM
        assert terminal.is_restored
