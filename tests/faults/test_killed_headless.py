"""A headless run that is killed or told to end, at random moments: what is left goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.support.processes import environment, run_program, wait_until
from tui_backprop.training.checkpoint import read_checkpoint
from tui_backprop.training.run_directory import run_paths
from tui_backprop.training.run_listing import StoredState, summarize
from tui_backprop.training.run_metrics import read_metrics

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

RUN = ("--dataset=spiral", "--hidden=20", "--batch-size=50", "--sampling=shuffle")
ITERATIONS = 12_000

HURRIED = (
    "import tui_backprop.training.run_recorder as recorder;"
    "recorder.CHECKPOINT_SECONDS, recorder.CHECKPOINT_SHARE = 0.05, 1.0;"
    "from tui_backprop.cli import main; main()"
)
"""The program with checkpoints so often that a kill meets one every few times."""


@contextmanager
def training(runs: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", HURRIED, "train", f"--runs-dir={runs}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def parameters(runs: Path) -> dict[str, np.ndarray]:
    arrays = read_checkpoint(run_paths(runs)[-1] / "checkpoint.npz").arrays
    return {name: array for name, array in arrays.items() if name != "trends/head"}


def test_killed_again_and_again_it_ends_as_if_it_never_had_been(tmp_path: Path) -> None:
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    whole = (*RUN, f"--iterations={ITERATIONS}")
    assert run_program("train", f"--runs-dir={straight}", *whole).returncode == 0
    rng = random.Random(2)
    reached, kills = 0, 0
    while kills < 40:
        known = bool(run_paths(killed))
        arguments = ("--resume",) if known else whole
        with training(killed, *arguments) as process:
            # No faster than one can be sure of meeting the run in the middle.
            assert wait_until(lambda: bool(run_paths(killed)) or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 1.2) if known else rng.uniform(0.0, 0.2))
            if process.poll() is not None:
                assert process.stderr is not None
                assert (process.returncode, process.stderr.read()) == (0, b"")
                break
            process.kill()
            process.wait()
        kills += 1
        (path,) = run_paths(killed)
        checkpoint = path / "checkpoint.npz"
        if checkpoint.exists():
            values = read_checkpoint(checkpoint).values
            assert values["iteration"] >= reached
            reached = values["iteration"]
            points = read_metrics(path / "metrics.jsonl").points
            lost = points[-1].elapsed - values["elapsed"]
            assert lost < 1.0
    else:
        done = run_program("train", f"--runs-dir={killed}", "--resume")
        assert (done.returncode, done.stderr) == (0, "")
    assert kills >= 3
    (path,) = run_paths(killed)
    assert summarize(path).state is StoredState.FINISHED
    ours, theirs = parameters(killed), parameters(straight)
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert np.array_equal(ours[name], array), name


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_told_to_end_it_saves_and_says_which_signal(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    with training(tmp_path, *RUN, "--iterations=1000000000") as process:
        assert wait_until(lambda: bool(run_paths(tmp_path)))
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(2.0) == 128 + number
        assert process.stderr is not None
        lines = process.stderr.read().decode().splitlines()
    (path,) = run_paths(tmp_path)
    assert lines[1] == f"Go on with: tui-backprop train --resume {path.name}"
    assert summarize(path).state is StoredState.INTERRUPTED
    iteration = read_checkpoint(path / "checkpoint.npz").values["iteration"]
    assert lines[0] == f"Stopped after {iteration:,} iterations."


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_told_to_end_while_starting_it_leaves_at_once(tmp_path: Path, name: str) -> None:
    for delay in (0.3, 0.5, 0.7):
        with training(tmp_path, "--iterations=1000000000") as process:
            time.sleep(delay)
            process.send_signal(getattr(signal, name))
            status = process.wait(2.0)
            assert process.stderr is not None
            # Before the program has come to its own code, Python's defaults apply.
            if delay > 0.5:
                assert b"Traceback" not in process.stderr.read() or status < 0
            assert status != 0


def test_what_nohup_has_it_ignore_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with training(tmp_path, *RUN, "--iterations=1000000000") as process:
            assert wait_until(lambda: bool(run_paths(tmp_path)))
            process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(2.0) == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_process_is_refused_in_one_line(tmp_path: Path) -> None:
    with training(tmp_path, *RUN, "--iterations=1000000000") as process:
        assert wait_until(lambda: bool(run_paths(tmp_path)))
        done = run_program("train", f"--runs-dir={tmp_path}", "--resume")
        run_id = run_paths(tmp_path)[0].name
        assert done.returncode == 2
        assert done.stderr == (
            f"Error: {run_id}: this run is being trained by another process ({process.pid})\n"
        )
        assert process.poll() is None
