"""`train`: its lines for people and for programs, and its exit statuses."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.processes import PROGRAM, environment, run_program

SPIRAL = ("--dataset=spiral", "--hidden=8", "--batch-size=30", "--iterations=25")
KEYS = ["iteration", "epoch", "loss", "train_accuracy", "test_accuracy"]
DIVERGING = (
    *("--dataset=spiral", "--hidden=8,8,8", "--weight-std=1", "--learning-rate=1e4"),
    "--batch-size=30",
)


def test_json_is_one_object_a_line_and_nothing_else() -> None:
    done = run_program("train", "--json", *SPIRAL)
    assert done.returncode == 0
    points = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(point) for point in points] == [KEYS] * 4
    assert [(p["iteration"], p["epoch"]) for p in points] == [(0, 0), (10, 1), (20, 2), (25, 2.5)]
    assert points[0]["loss"] is None
    assert all(p["loss"] > 0 for p in points[1:])
    assert all(0 <= p[key] <= 1 for p in points for key in KEYS[3:])
    assert done.stderr == ""


def test_json_of_a_run_that_diverges_stays_json() -> None:
    done = run_program("train", "--json", *DIVERGING)
    assert done.returncode == 1
    for line in done.stdout.splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_the_lines_for_people() -> None:
    done = run_program("train", *SPIRAL)
    assert done.returncode == 0
    number = r"\d\.\d{4}"
    for line, (iteration, epoch) in zip(
        done.stdout.splitlines(), [(0, "0"), (10, "1"), (20, "2"), (25, "2.5")], strict=True
    ):
        assert re.fullmatch(
            rf"iteration +{iteration}  epoch +{epoch}  loss +({number}|-) +"
            rf"train accuracy {number}  test accuracy {number}",
            line,
        ), line
    assert "\x1b" not in done.stdout + done.stderr


def test_the_same_seed_prints_the_same() -> None:
    first, same, other = (
        run_program("train", "--json", *SPIRAL, f"--seed={seed}").stdout for seed in (3, 3, 4)
    )
    assert first == same != other


def test_without_a_terminal_the_default_command_trains_and_says_so() -> None:
    done = run_program(*SPIRAL)
    assert done.returncode == 0
    assert re.search("no terminal", done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == run_program("train", *SPIRAL).stdout


def test_divergence_says_where_and_exits_with_1() -> None:
    done = run_program("train", *DIVERGING)
    assert done.returncode == 1
    assert re.fullmatch(
        r"Error: the (output|update) of \w+ is not finite in iteration \d+; .*learning rate.*\n",
        done.stderr,
    )


def damaged(folder: Path) -> str:
    path = folder / "damaged.npz"
    path.write_bytes(b"PK\x03\x04 no archive")
    return str(path)


def pickled(folder: Path) -> str:
    path = folder / "pickled.npz"
    np.savez(path, x_train=np.array([{"a": 1}], dtype=object))
    return str(path)


@pytest.mark.parametrize("make", [damaged, pickled, lambda _: "/nowhere/\x1b[31m"])
@pytest.mark.parametrize("command", [("train",), ()])
def test_bad_data_is_one_line_and_exits_with_2(
    tmp_path: Path, make: Callable[[Path], str], command: tuple[str, ...]
) -> None:
    done = run_program(*command, f"--dataset={make(tmp_path)}")
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert last.isprintable()
    assert "Traceback" not in done.stderr


def test_a_minibatch_larger_than_the_data_exits_with_2() -> None:
    done = run_program("train", "--dataset=spiral", "--batch-size=301")
    assert done.returncode == 2
    assert "batch size 301: must be at most the 300 training samples" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_exits_with_130() -> None:
    with subprocess.Popen(
        [*PROGRAM, "train", "--dataset=spiral", "--iterations=1000000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        # The second line is that of the first epoch: from its first iteration on a run is stored.
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        assert program.wait(5.0) == 130
        assert re.fullmatch(
            r"Stopped after [\d,]+ iterations\.\n"
            r"Go on with: tui-backprop train --resume \d{8}-\d{6}-\w{4}\n",
            program.stderr.read(),
        )


@pytest.mark.skipif(os.name != "posix", reason="POSIX pipes")
def test_a_reader_that_leaves_ends_the_run_without_a_traceback() -> None:
    with subprocess.Popen(
        [*PROGRAM, "train", "--json", "--dataset=spiral", "--iterations=1000000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        program.stdout.close()
        assert program.wait(5.0) != 0
        assert program.stderr.read() == ""
