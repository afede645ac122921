"""`runs`, `export` and `train --resume`: what is stored, shown and written out."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.processes import run_program
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.location import run_paths

SPIRAL = ("--dataset=spiral", "--hidden=8", "--batch-size=30")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of one finished run of 25 iterations."""
    runs = tmp_path_factory.mktemp("runs")
    done = run_program("train", *SPIRAL, "--iterations=25", f"--runs-dir={runs}")
    assert done.returncode == 0
    return runs


def test_the_list(stored: Path) -> None:
    done = run_program("runs", f"--runs-dir={stored}")
    (path,) = run_paths(stored)
    heading, line = done.stdout.splitlines()
    assert heading.split() == [*("ID", "WHEN", "DATASET", "NET", "ITERATIONS", "TEST", "STATE")]
    run_id, _, _, dataset, net, iterations, metric, accuracy, state = line.split()
    assert metric == "accuracy"
    assert (run_id, dataset, net, iterations, state) == (
        path.name, "spiral", "2-8-3", "25", "finished",
    )  # fmt: skip
    assert 0 < float(accuracy) <= 1
    assert (done.returncode, done.stderr) == (0, "")


def test_no_runs_yet(tmp_path: Path) -> None:
    done = run_program("runs", f"--runs-dir={tmp_path / 'none'}")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"No runs in {tmp_path / 'none'}.\n"


def test_a_damaged_run_is_listed_and_its_fault_told(stored: Path, tmp_path: Path) -> None:
    broken = tmp_path / "20200101-000000-aaaa"
    broken.mkdir()
    (broken / "config.toml").write_bytes(b"dataset = '\x1b[2J'")
    done = run_program("runs", f"--runs-dir={tmp_path}")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].split() == [broken.name, *"––––" + "–", "damaged"]
    assert "damaged, no TOML" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_metrics_as_a_table_and_as_json(stored: Path, tmp_path: Path) -> None:
    for name in ("m.csv", "m.json"):
        done = run_program(
            "export", "latest", f"--metrics={tmp_path / name}", f"--runs-dir={stored}"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    whole = json.loads((tmp_path / "m.json").read_text())
    assert [int(row["iteration"]) for row in rows] == list(range(26))
    assert all(row["loss"] and row["mean_loss"] for row in rows[1:])
    assert len(whole["points"]) == len(rows) == len({row["iteration"] for row in rows})
    assert float(rows[-1]["test_accuracy"]) == whole["points"][-1]["test_accuracy"]
    assert [event["event"] for event in whole["events"]] == ["started", "finished"]
    assert whole["hyperparameters"]["hidden"] == [8]


def test_parameters(stored: Path, tmp_path: Path) -> None:
    (path,) = run_paths(stored)
    target = tmp_path / "p.npz"
    done = run_program("export", path.name, f"--parameters={target}", f"--runs-dir={stored}")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "parameters of iteration 25\n"
    with np.load(target, allow_pickle=False) as arrays:
        shapes = {name: arrays[name].shape for name in arrays}
    assert shapes == {"W1": (2, 8), "b1": (8,), "W2": (8, 3), "b2": (3,)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("latest",), "nothing to export: give --metrics FILE"),
        (("latest", "--metrics=a.txt"), "'a.txt': the name must end in .csv or .json"),
        (("latest", "--parameters=a"), "'a': the name must end in .npz"),
        (("../x", "--metrics=a.csv"), "no run '../x' in "),
        (("\x1b[2J", "--metrics=a.csv"), r"no run '\\x1b[2J' in "),
        (("latest", "--metrics=/nowhere/a.csv"), "/nowhere/a.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_exported(stored: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run_program("export", *arguments, f"--runs-dir={stored}")
    assert done.returncode == 2
    assert message in done.stderr
    assert "\x1b" not in done.stderr


def test_more_iterations_for_a_finished_run_equal_a_longer_run(tmp_path: Path) -> None:
    for runs, first in (("a", 25), ("b", 60)):
        run_program("train", *SPIRAL, f"--iterations={first}", f"--runs-dir={tmp_path / runs}")
    resumed = run_program("train", "--resume", "--iterations=60", f"--runs-dir={tmp_path / 'a'}")
    assert resumed.returncode == 0, resumed.stderr
    assert "iteration 60" in resumed.stdout
    for runs in ("a", "b"):
        target = tmp_path / f"{runs}.npz"
        run_program("export", "latest", f"--parameters={target}", f"--runs-dir={tmp_path / runs}")
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert all(np.array_equal(a[name], b[name]) for name in b)


def test_a_finished_run_that_is_to_go_on_says_what_it_lacks(stored: Path) -> None:
    done = run_program("train", "--resume", f"--runs-dir={stored}")
    assert (done.returncode, done.stdout) == (0, "")
    assert "has made all 25 iterations; --iterations with a larger number goes on" in done.stderr
    done = run_program("train", "--resume", "--iterations=10", f"--runs-dir={stored}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: --iterations 10: the run has made 25 iterations already\n"


@pytest.mark.parametrize(
    "command", [["runs"], ["export", "latest", "--metrics=a.csv"], ["train", "--resume"]]
)
def test_a_directory_of_runs_that_is_none(command: list[str]) -> None:
    done = run_program(*command, "--runs-dir=")
    assert done.returncode == 2
    assert "--runs-dir" in done.stderr
    assert "but is empty" in done.stderr
    done = run_program(*command, "--runs-dir=~nobody-of-that-name/runs")
    assert done.returncode == (0 if command == ["runs"] else 2)
    assert "~nobody-of-that-name/runs" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_what_a_run_that_exists_cannot_change(stored: Path) -> None:
    done = run_program("train", "--resume", "--seed=3", f"--runs-dir={stored}")
    assert done.returncode == 2
    assert "--seed: cannot change for a run that exists" in done.stderr


def test_a_damaged_checkpoint_is_one_line(tmp_path: Path) -> None:
    run_program("train", *SPIRAL, "--iterations=25", f"--runs-dir={tmp_path}")
    checkpoint = run_paths(tmp_path)[0] / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    done = run_program("train", "--resume", f"--runs-dir={tmp_path}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {checkpoint}: damaged")
    assert len(done.stderr.splitlines()) == 1
    assert run_program("runs", f"--runs-dir={tmp_path}").stdout.count("finished") == 1


def test_parameters_that_are_not_the_newest_are_told_apart(stored: Path, tmp_path: Path) -> None:
    (path,) = run_paths(stored)
    shutil.copytree(path, tmp_path / path.name)
    with (tmp_path / path.name / "metrics.jsonl").open("a") as file:
        file.write('{"iteration": 15232, "loss": 0.5}\n')
    target = tmp_path / "p.npz"
    done = run_program("export", path.name, f"--parameters={target}", f"--runs-dir={tmp_path}")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "parameters of iteration 25: not saved since then, the run has made 15,232\n"
    )
    assert target.exists()


def test_a_table_on_standard_output(stored: Path, tmp_path: Path) -> None:
    shown = run_program("export", "latest", "--metrics=-", f"--runs-dir={stored}")
    assert (shown.returncode, shown.stderr) == (0, "")
    run_program("export", "latest", f"--metrics={tmp_path / 'm.csv'}", f"--runs-dir={stored}")
    assert shown.stdout == (tmp_path / "m.csv").read_text()


def test_another_runs_checkpoint_is_refused(stored: Path, tmp_path: Path) -> None:
    other = ("--dataset=spiral", "--hidden=8", "--seed=7", "--iterations=25")
    assert run_program("train", *other, f"--runs-dir={tmp_path}").returncode == 0
    (foreign,), (own,) = run_paths(stored), run_paths(tmp_path)
    checkpoint = own / "checkpoint.npz"
    shutil.copy(foreign / "checkpoint.npz", checkpoint)
    fault = f"{checkpoint}: is of the run {foreign.name}, not of {own.name}"
    for command in (
        ("train", "--resume", "--iterations=30"),
        ("export", "latest", f"--parameters={tmp_path / 'p.npz'}"),
    ):
        done = run_program(*command, f"--runs-dir={tmp_path}")
        assert (done.returncode, done.stderr) == (2, f"Error: {fault}\n")
    follower = RunFollower(own, lambda: 0.0)
    follower.read_on()
    assert follower.fault == fault


def test_a_copy_of_a_run_and_one_with_a_damaged_configuration_go_on(
    stored: Path, tmp_path: Path
) -> None:
    (path,) = run_paths(stored)
    copy = tmp_path / "my-copy"
    shutil.copytree(path, copy)
    for iterations in (30, 35):
        done = run_program(
            "train", "--resume", f"--iterations={iterations}", f"--runs-dir={tmp_path}"
        )
        assert done.returncode == 0, done.stderr
        (copy / "config.toml").write_bytes(b"\xff")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of three finished runs that differ in learning rate and seed."""
    runs = tmp_path_factory.mktemp("several")
    for more in ((), ("--learning-rate=0.5",), ("--seed=3", "--iterations=20")):
        done = run_program("train", *SPIRAL, "--iterations=10", *more, f"--runs-dir={runs}")
        assert done.returncode == 0
    return runs


def test_what_differs_among_runs_is_shown(several: Path) -> None:
    done = run_program("runs", f"--runs-dir={several}")
    heading, *lines = done.stdout.splitlines()
    assert heading.split()[-1] == "SETTINGS"
    assert [line.split()[-2:] for line in lines] == [
        ["seed=0", "learning_rate=0.1"],
        ["seed=0", "learning_rate=0.5"],
        ["seed=3", "learning_rate=0.1"],
    ]


def test_the_newest_alone_and_as_json(several: Path) -> None:
    done = run_program("runs", "--limit=2", "--json", f"--runs-dir={several}")
    assert (done.returncode, done.stderr) == (0, "")
    first, last = map(json.loads, done.stdout.splitlines())
    assert [first["id"], last["id"]] == [path.name for path in run_paths(several)[1:]]
    assert (last["state"], last["iteration"], last["saved_iteration"]) == ("finished", 20, 20)
    assert (last["hyperparameters"]["seed"], last["net"]) == (3, "2-8-3")
    assert 0 <= last["test_accuracy"] <= 1
    assert (last["task"], last["fault"]) == ("classification", "")
    done = run_program("runs", "--limit=0", f"--runs-dir={several}")
    assert done.returncode == 2
    assert "--limit" in done.stderr


def test_no_runs_as_json_is_nothing(tmp_path: Path) -> None:
    done = run_program("runs", "--json", f"--runs-dir={tmp_path}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def lose_the_checkpoint(path: Path) -> None:
    (path / "checkpoint.npz").unlink()


def go_on_without_it(path: Path) -> None:
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"event": "finished", "iteration": 900}\n')


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lose_the_checkpoint, "finished, not saved at all"),
        (go_on_without_it, "finished, not saved since iteration 25"),
    ],
)
def test_what_was_not_saved_is_said(
    stored: Path, tmp_path: Path, change: Callable[[Path], object], state: str
) -> None:
    (path,) = run_paths(stored)
    shutil.copytree(path, tmp_path / path.name)
    change(tmp_path / path.name)
    done = run_program("runs", f"--runs-dir={tmp_path}")
    assert done.stdout.splitlines()[1].endswith(f"  {state}")
