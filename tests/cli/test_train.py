"""`train`: its lines for people and for programs, and its exit statuses."""

import contextlib
import io
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
from tui_backprop.cli.headless import train_headless
from tui_backprop.cli.progress import ProgressBar, Report, epoch_line
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import Evaluation
from tui_backprop.training.trainer import Trainer

SPIRAL = ("--dataset=spiral", "--hidden=8", "--batch-size=30", "--iterations=25")
RUN_ID = r"\d{8}-\d{6}-\w{4}"
KEYS = ["iteration", "epoch", "loss", "train_accuracy", "test_accuracy"]
DIVERGING = (
    *("--dataset=spiral", "--hidden=8,8,8", "--weight-std=1", "--learning-rate=1e4"),
    "--batch-size=30",
)


def test_json_is_one_object_a_line_and_nothing_else() -> None:
    done = run_program("train", "--json", *SPIRAL)
    assert done.returncode == 0
    first, *points, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert re.fullmatch(RUN_ID, first["run"])
    assert first["settings"]["hidden"] == [8]
    assert last == {"status": "finished", "iteration": 25, "saved": True}
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
        last = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert last["status"] == "diverged"


def test_the_lines_for_people() -> None:
    done = run_program("train", "--verbose", *SPIRAL)
    assert done.returncode == 0
    number = r"\d\.\d{4}"
    for line, (iteration, epoch) in zip(
        done.stdout.splitlines(), [(0, "0.0"), (10, "1.0"), (20, "2.0"), (25, "2.5")], strict=True
    ):
        assert re.fullmatch(
            rf"iteration +{iteration}  epoch +{epoch}  loss +({number}|-) +"
            rf"accuracy train {number} test {number}",
            line,
        ), line
    assert re.fullmatch(rf"Run {RUN_ID}\n", done.stderr)
    assert "\x1b" not in done.stdout + done.stderr


def test_one_line_a_second_at_most_and_the_last_one() -> None:
    lines = run_program("train", *SPIRAL).stdout.splitlines()
    assert lines[0].startswith("iteration  0 ")
    assert lines[-1].startswith("iteration 25 ")
    clock, printed = [0.0], io.StringIO()
    trainer = Trainer(Hyperparameters(dataset="digits"), load_dataset("digits"))
    with contextlib.redirect_stdout(printed):
        report = Report(
            trainer, ProgressBar(None, 1), lambda: clock[0], as_json=False, verbose=False
        )
        report.begin(None)
        for number in range(35):
            clock[0] = number / 10
            report.evaluated(Evaluation(number, number, 0.5, 0.5))
        report.end()
    shown = re.findall(r"iteration +(\d+) ", printed.getvalue())
    assert shown == ["0", "10", "20", "30", "34"]


def test_an_error_is_not_called_an_accuracy() -> None:
    done = run_program("train", "--dataset=sine", "--iterations=5", "--json")
    assert list(json.loads(done.stdout.splitlines()[1]))[3:] == ["train_error", "test_error"]
    done = run_program("train", "--dataset=sine", "--iterations=5")
    assert "  error train " in done.stdout


@pytest.mark.parametrize("iterations", [10_000, 1_000_000])
def test_a_line_fits_80_columns(iterations: int) -> None:
    settings = Hyperparameters(dataset="digits", iterations=iterations)
    trainer = Trainer(settings, load_dataset("digits"))
    trainer.loss = 0.5
    line = epoch_line(Evaluation(iterations, 999.5, 0.5, 0.5), trainer, as_json=False)
    assert len(line) <= 80, line


def test_the_same_seed_prints_the_same() -> None:
    first, same, other = (
        run_program("train", "--json", *SPIRAL, f"--seed={seed}").stdout.splitlines()[1:]
        for seed in (3, 3, 4)
    )
    assert first == same != other


def test_without_a_terminal_the_default_command_trains_and_says_so() -> None:
    done = run_program(*SPIRAL)
    assert done.returncode == 0
    assert re.search("no terminal", done.stderr)
    assert len(done.stderr.splitlines()) == 2
    assert done.stdout == run_program("train", *SPIRAL).stdout


def test_divergence_says_where_and_exits_with_1() -> None:
    done = run_program("train", *DIVERGING)
    assert done.returncode == 1
    assert re.fullmatch(
        rf"Run {RUN_ID}\n"
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
        [*PROGRAM, "train", "--verbose", "--dataset=spiral", "--iterations=1000000000"],
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
            rf"Run ({RUN_ID})\n"
            r"Stopped after [\d,]+ iterations\.\n"
            r"Go on with: tui-backprop train --resume \1\n",
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
        assert "Traceback" not in program.stderr.read()


def test_a_run_that_could_not_be_saved_exits_4_and_says_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    done = run_program("train", *SPIRAL, f"--runs-dir={file}")
    assert done.returncode == 4
    last = done.stderr.splitlines()[-1]
    assert re.fullmatch(r"Error: the run is not saved: .*; nothing of it is on disk\.", last), last
    done = run_program("train", "--json", *SPIRAL, f"--runs-dir={file}")
    assert done.returncode == 4
    first, *_, last_line = done.stdout.splitlines()
    assert json.loads(first)["run"] is None
    assert json.loads(last_line) == {"status": "finished", "iteration": 25, "saved": False}


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_a_disk_that_fills_up_exits_4_with_the_iteration_that_is_saved(tmp_path: Path) -> None:
    # Python would leave cut off bytecode, which stops every later program that imports it.
    limited = ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh"]
    done = subprocess.run(
        [*limited, *PROGRAM, "train", "--dataset=digits", f"--runs-dir={tmp_path}"],
        capture_output=True,
        text=True,
        env=environment({"PYTHONDONTWRITEBYTECODE": "1"}),
    )
    assert done.returncode == 4, done.stderr
    assert re.search(r"Error: the run is not saved: File too large; .*\.\n$", done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_a_limit_on_memory_is_a_refusal_and_no_traceback() -> None:
    limited = ["sh", "-c", 'ulimit -v 1500000; exec "$@"', "sh"]
    for command in ("train", "check", "step"):
        done = subprocess.run(
            [*limited, *PROGRAM, command, "--dataset=digits", "--hidden=10000,10000"],
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert done.returncode == 2, done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert "memory" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_signal_is_looked_at_after_each_piece_of_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work, pieces = Trainer.work, []

    def interrupted(self: Trainer) -> None:
        work(self)
        pieces.append(self.iteration)
        if self.iteration == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trainer, "work", interrupted)
    settings = Hyperparameters(dataset="spiral", hidden=(8,), batch_size=30, iterations=1000)
    assert train_headless(settings, runs=tmp_path) == 130
    assert max(pieces) == 3
