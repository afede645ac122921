"""The app on a terminal, told to end or killed at random moments: what is kept, what is left."""

import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from tests.support.processes import children, environment, processes_in_group, wait_until
from tests.support.terminal import Terminal
from tui_backprop.runs.format.checkpoint import read_checkpoint
from tui_backprop.runs.format.metrics import read_metrics
from tui_backprop.runs.listing import StoredState, summary_of
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.lock import is_locked

pytestmark = [
    pytest.mark.pty,
    pytest.mark.skipif(os.name != "posix", reason="POSIX terminals and signals"),
]

ENDLESS = ("--dataset=digits", "--iterations=1000000000")
FAULTS = [
    *[
        ("loading", "SIGHUP"),
        ("loading", "SIGINT"),
        ("training", "SIGTERM"),
        ("training", "hangup"),
    ],
    *[("stepping", "SIGHUP"), ("stepping", "hangup"), ("resetting", "SIGTERM")],
    ("resetting", "SIGINT"),
]

HURRIED = """
import sys
if any("tui_backprop.session.process" in argument for argument in sys.orig_argv):
    import tui_backprop.runs.recorder as recorder
    recorder.CHECKPOINT_SECONDS, recorder.SHARE = 0.2, 1.0
"""
"""What Python imports at its start: the training process's checkpoints come more often."""


def app(runs: Path, *arguments: str, **changes: str) -> Terminal:
    return Terminal(*arguments, env={"TUI_BACKPROP_RUNS_DIR": str(runs), **changes})


def bring_to(moment: str, terminal: Terminal, rng: random.Random) -> None:
    """Bring the app to a moment; somewhere within the next half second."""
    if moment == "loading":
        terminal.shows("loading")
        terminal.read(rng.uniform(0.0, 0.3))
        return
    terminal.shows("● training")
    if moment == "stepping":
        terminal.send("s")
        terminal.shows("‖ iteration")
        for _ in range(rng.randrange(4)):
            terminal.send(rng.choice(["w", "\x1b[C", "C", "c"]))
    elif moment == "resetting":
        for _ in range(rng.randrange(1, 4)):
            terminal.send("r ")
            terminal.read(rng.uniform(0.0, 0.2))
    else:
        terminal.read(rng.uniform(0.0, 0.5))


def iteration(path: Path) -> int:
    value = read_checkpoint(path / "checkpoint.npz").values["iteration"]
    assert isinstance(value, int)
    return value


def shown_iteration(terminal: Terminal) -> int:
    """Return the iteration that the status line shows."""
    terminal.read(0.05)
    shown = re.search(r"([\d,]+)/1,000,000,000", terminal.text)
    return int(shown[1].replace(",", "")) if shown else 0


@pytest.mark.parametrize(("moment", "fault"), FAULTS)
def test_told_to_end_it_saves_restores_and_says_why(
    tmp_path: Path, moment: str, fault: str
) -> None:
    rng = random.Random(f"{moment} {fault}")
    number = signal.SIGHUP if fault == "hangup" else getattr(signal, fault)
    dataset = ("--dataset=mnist",) if moment == "loading" else ENDLESS
    with app(tmp_path, *dataset, "--start") as terminal:
        bring_to(moment, terminal, rng)
        start = time.monotonic()
        if fault == "hangup":
            terminal.close()
            assert terminal.program.wait(2.0) == 128 + number
        else:
            terminal.signal(number)
            assert terminal.exit_status(2.0) == 128 + number
            assert terminal.is_restored
        assert wait_until(lambda: not terminal.processes, 2.0 - (time.monotonic() - start))
    if moment != "loading":
        assert run_paths(tmp_path)
    for path in run_paths(tmp_path):
        assert iteration(path) > 0
        assert not is_locked(path)
        assert summary_of(path).state in {StoredState.INTERRUPTED, StoredState.PAUSED}
        assert [file.name for file in path.iterdir() if file.name.startswith(".")] == []


def test_a_killed_app_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    with app(tmp_path, *ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        assert wait_until(lambda: bool(run_paths(tmp_path)))
        os.kill(terminal.program.pid, signal.SIGKILL)
        assert terminal.exit_status() == -signal.SIGKILL
        assert wait_until(lambda: not terminal.processes, timeout=2.0)
    (path,) = run_paths(tmp_path)
    saved = iteration(path)
    assert saved > 0
    assert summary_of(path).state is StoredState.INTERRUPTED
    with app(tmp_path, "--resume") as terminal:
        terminal.shows("○ paused", f" {saved:,}/")


def test_a_killed_training_process_is_told_and_one_key_goes_on(tmp_path: Path) -> None:
    with app(tmp_path, *ENDLESS, "--start") as terminal:
        terminal.shows("● training")
        terminal.send(" ")
        terminal.shows("○ paused")
        assert wait_until(lambda: any(tmp_path.glob("*/checkpoint.npz")))
        (path,) = run_paths(tmp_path)
        saved = iteration(path)
        terminal.send(" ")
        assert wait_until(lambda: shown_iteration(terminal) > saved)
        (trainer,) = children(terminal.program.pid)
        os.kill(trainer, signal.SIGKILL)
        terminal.shows(
            "✗ the training process was killed (SIGKILL); g goes on from the last checkpoint",
            "g Go back",
            "Affine1",
        )
        assert shown_iteration(terminal) > saved
        terminal.send("g")
        terminal.shows("○ paused")
        assert children(terminal.program.pid) != [trainer]
        assert "g Go back" not in terminal.text
        terminal.send(" ")
        terminal.shows("● training")
        terminal.send("\x11")
        assert terminal.exit_status() == 0
    (path,) = run_paths(tmp_path)
    assert iteration(path) > saved


def test_a_training_process_killed_before_it_stored_anything_starts_anew(tmp_path: Path) -> None:
    with app(tmp_path, *ENDLESS) as terminal:
        terminal.shows("press space to start")
        (trainer,) = children(terminal.program.pid)
        os.kill(trainer, signal.SIGKILL)
        terminal.shows("was killed (SIGKILL); g starts anew")
        terminal.send("g")
        terminal.shows("press space to start")
    assert not run_paths(tmp_path)


def test_killed_with_everything_it_resumes_and_loses_one_interval_at_most(tmp_path: Path) -> None:
    hook, runs, rng = tmp_path / "hook", tmp_path / "runs", random.Random(7)
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HURRIED)
    hurried = {"PYTHONPATH": os.pathsep.join([str(hook), environment()["PYTHONPATH"]])}
    reached = 0
    for kills in range(6):
        with app(runs, *(("--resume",) if kills else ENDLESS), "--start", **hurried) as terminal:
            terminal.shows("● training")
            terminal.read(rng.uniform(0.0, 1.0))
            os.killpg(terminal.program.pid, signal.SIGKILL)
            terminal.exit_status()
            assert wait_until(lambda: not processes_in_group(terminal.program.pid), 2.0)
        (path,) = run_paths(runs)
        if not (path / "checkpoint.npz").exists():
            continue
        assert iteration(path) >= reached
        reached = iteration(path)
        points = read_metrics(path / "metrics.jsonl").points
        # A generous bound for a loaded machine: the interval is a fifth of a second here.
        elapsed = read_checkpoint(path / "checkpoint.npz").values["elapsed"]
        assert points[-1].elapsed - elapsed < 1.5
    assert reached > 0
    with app(runs, "--resume") as terminal:
        terminal.shows("○ paused", f" {reached:,}/")
