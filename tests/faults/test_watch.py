"""`watch` on a terminal: a run that another process trains, one that is over, damaged or none."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, environment, run_program, wait_until
from tests.support.terminal import ENTER_ALTERNATE, Terminal
from tui_backprop.runs.listing import StoredState, summary_of
from tui_backprop.runs.location import run_paths

pytestmark = [
    pytest.mark.pty,
    pytest.mark.skipif(os.name != "posix", reason="POSIX terminals and signals"),
]

DIGITS = ("--dataset=digits", "--hidden=20")


@contextmanager
def training(runs: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Train as `nohup tui-backprop train &` does."""
    with subprocess.Popen(
        [*PROGRAM, "train", *DIGITS, "--iterations=1000000000", f"--runs-dir={runs}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        try:
            assert wait_until(lambda: any(map(has_config, run_paths(runs))), timeout=30.0)
            yield process
        finally:
            process.kill()


def has_config(path: Path) -> bool:
    return (path / "config.toml").is_file()


def watching(runs: Path, *arguments: str, size: tuple[int, int] = (130, 40)) -> Terminal:
    return Terminal("watch", f"--runs-dir={runs}", *arguments, size=size)


def shown_iteration(terminal: Terminal) -> int:
    found = re.search(r"([\d,]+)/1,000,000,000", terminal.text)
    return int(found[1].replace(",", "")) if found else -1


def test_several_watch_a_run_while_it_is_trained_and_after(tmp_path: Path) -> None:
    with (
        training(tmp_path) as process,
        watching(tmp_path) as wide,
        watching(tmp_path, run_paths(tmp_path)[0].name, size=(80, 24)) as narrow,
    ):
        for terminal in (wide, narrow):
            terminal.shows("● training", "watching", "Training loss", "━ loss 0.", "it/s")
            before = shown_iteration(terminal)
            terminal.until(lambda t=terminal, n=before: shown_iteration(t) > n)  # type: ignore[misc]
        wide.shows("Affine1", "W1", "64×20", timeout=30.0)
        wide.send("r")
        wide.shows("✗ read-only: only the process that trains this run can change it")
        assert "r Reset" not in wide.text
        narrow.send("3")
        narrow.shows("Learning rate")
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(5.0) == 128 + signal.SIGTERM
        for terminal in (wide, narrow):
            terminal.shows("○ interrupted", "watching, nobody trains it")
        wide.settle()
        assert wide.read(1.0) == b""
        for terminal in (wide, narrow):
            terminal.send("\x11")
            assert terminal.exit_status() == 0
            assert terminal.is_restored
    (path,) = run_paths(tmp_path)
    assert summary_of(path).state is StoredState.INTERRUPTED


def test_a_watched_run_can_still_be_resumed_and_is_followed_again(tmp_path: Path) -> None:
    assert run_program("train", *DIGITS, "--iterations=50", f"--runs-dir={tmp_path}").stdout
    with watching(tmp_path) as terminal:
        terminal.shows("✓ finished", "50/50", "Affine1", "watching, nobody trains it")
        done = run_program("train", "--resume", "--iterations=120", f"--runs-dir={tmp_path}")
        assert done.returncode == 0, done.stderr
        terminal.shows("✓ finished", "120/120")
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_status(2.0) == 128 + signal.SIGTERM
        assert terminal.is_restored


def test_a_damaged_checkpoint_is_told_on_the_screen(tmp_path: Path) -> None:
    assert run_program("train", *DIGITS, "--iterations=50", f"--runs-dir={tmp_path}").stdout
    checkpoint = run_paths(tmp_path)[0] / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-50])
    with watching(tmp_path, size=(200, 40)) as terminal:
        terminal.shows("✓ finished", "50/50", "checkpoint.npz: damaged", "╍ test")
        terminal.send("\x11")
        assert terminal.exit_status() == 0


def test_what_cannot_be_watched_is_refused_in_a_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "20200101-000000-aaaa"
    broken.mkdir(parents=True)
    (broken / "config.toml").write_bytes(b"dataset = '\x1b[2J'")
    empty = tmp_path / "empty" / "20200101-000000-aaaa"
    empty.mkdir(parents=True)
    for runs, arguments, message in [
        (tmp_path / "none", (), r"no runs yet"),
        (tmp_path / "empty", ("nobody",), r"no run 'nobody' in "),
        (tmp_path / "empty", ("\x1b[2J",), r"no run '\\\\x1b\[2J' in "),
        (tmp_path / "broken", (), r"config.toml: damaged, no TOML"),
        (tmp_path / "empty", (), r"config.toml: No such file"),
    ]:
        with watching(runs, *arguments) as terminal:
            assert terminal.exit_status(20.0) == 2
            output = terminal.output.decode()
            assert re.search(message, output), output
            assert output.count("\n") == 1
            assert "\x1b" not in output


def test_without_a_terminal_it_says_what_else_can_be_done(tmp_path: Path) -> None:
    done = run_program("watch", f"--runs-dir={tmp_path}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no terminal" in done.stderr
    with Terminal("watch", env={"TERM": "dumb"}) as terminal:
        assert terminal.exit_status() == 2
        assert b"TERM=dumb" in terminal.output
        assert ENTER_ALTERNATE not in terminal.output
