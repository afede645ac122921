"""A headless run that is killed or told to end, at random moments: what is left goes on."""

import multiprocessing
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

from tests.faults.hurried_program import train_unread
from tests.support.processes import environment, run_program, wait_until
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.format.checkpoint import read_checkpoint
from tui_backprop.runs.format.metrics import read_metrics
from tui_backprop.runs.listing import StoredState, summary_of
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.trainer_state import capture
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

ENDLESS = 1_000_000_000
RUN = ("--dataset=spiral", "--hidden=20", "--batch-size=50", "--sampling=shuffle")
HYPERPARAMETERS = Hyperparameters(
    dataset="spiral", hidden=(20,), batch_size=50, sampling="shuffle", iterations=ENDLESS
)

KILLS = 100
KILL_AFTER = 0.0, 0.25
"""Seconds after its start that a process is killed in: loading, training, writing."""


@contextmanager
def training(runs: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.hurried_program", f"--runs-dir={runs}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_killed_at_a_hundred_random_moments_it_ends_as_if_it_never_had_been(tmp_path: Path) -> None:
    runs, rng = tmp_path, random.Random(2)
    reached = moments_of_training = 0
    # The program, imported once and copied for each kill, has it come where there is work to lose.
    copies = multiprocessing.get_context("forkserver")
    copies.set_forkserver_preload(["tests.faults.hurried_program"])
    for _ in range(KILLS):
        start = ("--resume",) if run_paths(runs) else (*RUN, f"--iterations={ENDLESS}")
        process = copies.Process(target=train_unread, args=(f"--runs-dir={runs}", *start))
        process.start()
        time.sleep(rng.uniform(*KILL_AFTER))
        assert process.exitcode is None
        process.kill()
        process.join()
        iteration = iteration_to_go_on_from(runs)
        assert iteration >= reached
        moments_of_training += iteration > reached
        reached = iteration
    assert moments_of_training >= KILLS / 10, "most were killed before they trained"

    end = reached + 1000
    done = run_program("train", f"--runs-dir={runs}", "--resume", f"--iterations={end}")
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1)
    (path,) = run_paths(runs)
    assert summary_of(path).state is StoredState.FINISHED
    ended = read_checkpoint(path / "checkpoint.npz").arrays
    never_killed = capture(trained_without_a_break(reached, end)).arrays
    assert ended.keys() == never_killed.keys()
    for name, array in never_killed.items():
        assert np.array_equal(ended[name], array), name


def trained_without_a_break(reached: int, end: int) -> Trainer:
    trainer = Trainer(HYPERPARAMETERS, load_dataset("spiral"))
    while trainer.iteration < reached:
        trainer.work()
    trainer.apply_live(HYPERPARAMETERS.with_value("iterations", end))
    while not trainer.finished:
        trainer.work()
    return trainer


def iteration_to_go_on_from(runs: Path) -> int:
    """Return the last checkpoint's iteration, seen to be at most an interval or so old."""
    if not run_paths(runs):
        return 0
    (path,) = run_paths(runs)
    checkpoint = path / "checkpoint.npz"
    if not checkpoint.exists():
        return 0
    values = read_checkpoint(checkpoint).values
    points = read_metrics(path / "metrics.jsonl").points
    assert points[-1].elapsed - values["elapsed"] < 1.0
    return int(values["iteration"])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_told_to_end_it_saves_and_says_which_signal(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    with training(tmp_path, *RUN, f"--iterations={ENDLESS}") as process:
        assert wait_until(lambda: bool(run_paths(tmp_path)))
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(2.0) == 128 + number
        assert process.stderr is not None
        lines = process.stderr.read().decode().splitlines()
    (path,) = run_paths(tmp_path)
    go_on = f"tui-backprop train --resume {path.name} --runs-dir {tmp_path}"
    assert lines[0] == f"Run {path.name}"
    assert lines[2] == f"Go on with: {go_on}"
    assert summary_of(path).state is StoredState.INTERRUPTED
    iteration = read_checkpoint(path / "checkpoint.npz").values["iteration"]
    assert lines[1] == f"Stopped after {iteration:,} iterations."


def test_what_nohup_has_it_ignore_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with training(tmp_path, *RUN, f"--iterations={ENDLESS}") as process:
            assert wait_until(lambda: bool(run_paths(tmp_path)))
            process.send_signal(signal.SIGHUP)
            time.sleep(0.3)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(2.0) == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_process_is_refused_in_one_line(tmp_path: Path) -> None:
    with training(tmp_path, *RUN, f"--iterations={ENDLESS}") as process:
        assert wait_until(lambda: bool(run_paths(tmp_path)))
        done = run_program("train", f"--runs-dir={tmp_path}", "--resume")
        run_id = run_paths(tmp_path)[0].name
        assert done.returncode == 2
        assert done.stderr == (
            f"Error: {run_id}: this run is being trained by another process ({process.pid})\n"
        )
        assert process.poll() is None
