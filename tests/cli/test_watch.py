"""`watch WHERE`: which run is meant, what is listed, and what is refused in a line."""

import os
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, run_program
from tests.support.terminal import Terminal

TABLE = "step,loss,val_loss\n1,0.5,0.75\n2,0.25,0.5\n"


def test_several_runs_are_listed_one_a_line(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(TABLE)
    done = run_program("watch", str(tmp_path), f"--runs-dir={tmp_path / 'runs'}")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{tmp_path}/a.csv  CSV table",
        f"{tmp_path}/b.csv  CSV table",
    ]
    assert done.stderr == "2 runs: give the path of one to watch it.\n"


def test_what_is_nowhere_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.csv").write_text("a,b\n")
    for where, fault in (
        ("empty", "empty: no run of a kind that is known lies here"),
        ("x.csv", "x.csv: holds no numbers of a training that are known: TensorBoard, "),
        ("none", "no such file or directory"),
        ("\x1b[2J", r"no run '\\x1b[2J"),
    ):
        path = tmp_path / where if "\x1b" not in where else where
        done = run_program("watch", str(path), f"--runs-dir={tmp_path}")
        assert (done.returncode, done.stdout) == (2, "")
        assert fault in done.stderr.replace("\n", "")
        assert "\x1b" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_pipe_needs_a_terminal_for_the_keys() -> None:
    done = run_program("watch", "-")
    assert done.returncode in (1, 2)
    assert "no terminal" in done.stderr
    assert len(done.stderr.splitlines()) == 1


pty = pytest.mark.skipif(os.name != "posix", reason="POSIX terminals")


@pty
@pytest.mark.pty
def test_a_file_is_watched_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(TABLE)
    with Terminal("watch", str(tmp_path)) as terminal:
        terminal.shows("● watching", "CSV table", "━ loss 0.2500", "╍ val 0.5000")
        with path.open("a") as file:
            file.write("3,0.125,0.25\n")
        terminal.shows("━ loss 0.1250", "step 3")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
        assert terminal.is_restored
    assert path.read_text() == TABLE + "3,0.125,0.25\n"


def piped(script: str) -> Terminal:
    program = " ".join(f"'{word}'" for word in PROGRAM)
    command = f"({script}) 2>&1 | {program} watch -; echo left ${{PIPESTATUS[@]}} >&2"
    return Terminal("-c", command, program=("/bin/bash",))


@pty
@pytest.mark.pty
def test_what_a_program_prints_is_read_from_a_pipe_and_stays_to_look_at() -> None:
    with piped(
        "echo 'step 1: train loss 2.5, val loss 3.5'; echo 'step 2: train loss 1.5' >&2"
    ) as t:
        t.shows("✓ ended", "━ train 1.5000", "step 2: train loss 1.5")
        t.send("2")
        t.send("q")
        t.shows("left 0 0")
        assert t.is_restored


@pty
@pytest.mark.pty
def test_who_writes_into_the_pipe_ends_as_with_any_program_that_is_left() -> None:
    with piped("while :; do echo loss=0.5 || exit 7; done") as terminal:
        terminal.shows("● watching", "loss=0.5", "━ loss 0.5000")
        terminal.send("\x11")
        # The shell has inherited that SIGPIPE is ignored, so that its echo fails instead.
        terminal.shows("left 7 0")


@pty
@pytest.mark.pty
def test_without_a_pipe_it_says_how_to_make_one() -> None:
    with Terminal("watch", "-") as terminal:
        assert terminal.exit_status() == 2
        assert b"nothing is piped in" in terminal.output
