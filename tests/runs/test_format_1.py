"""Runs that the first program stored: listed, watched, exported, resumed to the bit, for ever."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.processes import run_program
from tests.training.runs import finish
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.listing import list_runs
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.resuming import load_run
from tui_backprop.training.trainer import Trainer

FOLDER = Path(__file__).parent / "format_1"
NAMES = ("changed", "diverged", "finished", "interrupted", "killed")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A directory of all five runs."""
    for name in NAMES:
        shutil.unpack_archive(FOLDER / f"{name}.tar.gz", tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A directory of the run that the test names."""
    shutil.unpack_archive(FOLDER / f"{request.param}.tar.gz", tmp_path, filter="data")
    return tmp_path


def arithmetic() -> bytes:
    """Return a digest of this machine's sums and functions, which differ by CPU and NumPy."""
    digest = hashlib.blake2b(digest_size=16)
    for batch in (200, 400, 1000):
        x = np.sin(np.arange(batch * 64, dtype=np.float32)).reshape(batch, 64)
        w = np.cos(np.arange(64 * 6, dtype=np.float32)).reshape(64, 6)
        v = np.cos(np.arange(6 * 10, dtype=np.float32)).reshape(6, 10)
        hidden = np.maximum(x @ w, 0)
        y = np.exp(hidden @ v)
        for array in (hidden, y, np.log(y), y.sum(axis=1), x.T @ hidden, hidden.T @ y, y @ v.T):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def test_they_stay_listed(runs: Path) -> None:
    listed = {
        (run.state.value, run.iteration, run.config.hyperparameters.dataset if run.config else "")
        for run in list_runs(runs)
    }
    assert listed == {
        ("interrupted", 144, "digits"),
        ("finished", 60, "spiral"),
        ("interrupted", 531, "digits"),
        ("diverged", 469, "spiral"),
        ("interrupted", 1568, "digits"),
    }
    assert [run.fault for run in list_runs(runs)] == [""] * len(NAMES)


@pytest.mark.parametrize(
    ("run", "command"),
    [
        ("interrupted", ()),
        ("changed", ()),
        ("killed", ("--iterations=2100",)),
    ],
    indirect=["run"],
)
def test_they_go_on_to_the_same_end(
    run: Path, command: tuple[str, ...], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name = request.node.callspec.params["run"]
    done = run_program("train", "--resume", *command, f"--runs-dir={run}")
    assert done.returncode == 0, done.stderr
    table, parameters = tmp_path / "end.csv", tmp_path / "end.npz"
    done = run_program(
        "export", "latest", f"--metrics={table}", f"--parameters={parameters}", f"--runs-dir={run}"
    )
    assert done.returncode == 0, done.stderr
    with table.open() as file:
        points = {
            int(row["iteration"]): [
                float(row[column] or "nan")
                for column in ("loss", "train_accuracy", "test_accuracy")
            ]
            for row in csv.DictReader(file)
        }
    with np.load(FOLDER / "ends.npz") as ends, np.load(parameters) as end:
        wanted = ends[f"{name}/points"]
        found = np.array([points[int(row[0])] for row in wanted])
        names = {key.partition("/")[2] for key in ends if key.startswith(f"{name}/")} - {"points"}
        assert set(end) == names
        if ends["arithmetic"].tobytes() == arithmetic():
            assert np.array_equal(found, wanted[:, 1:], equal_nan=True)
            assert all(np.array_equal(end[key], ends[f"{name}/{key}"]) for key in names)
        else:
            # Another NumPy or CPU adds up in another order, and training carries that on.
            np.testing.assert_allclose(found, wanted[:, 1:], rtol=0.02, atol=0.01)
            for key in names:
                np.testing.assert_allclose(end[key], ends[f"{name}/{key}"], rtol=0.02, atol=0.01)


@pytest.mark.parametrize("run", ["interrupted"], indirect=True)
def test_one_goes_on_as_if_it_had_never_stopped(run: Path) -> None:
    (path,) = run_paths(run)
    resumed = finish(load_run(path, load_dataset).trainer)
    straight = finish(Trainer(resumed.hyperparameters, load_dataset("digits")))
    with np.load(FOLDER / "ends.npz") as ends:
        same = ends["arithmetic"].tobytes() == arithmetic()
    for key, param in straight.net.params.items():
        if same:
            assert np.array_equal(resumed.net.params[key], param)
        else:
            np.testing.assert_allclose(resumed.net.params[key], param, rtol=0.02, atol=0.01)


WATCHED = {
    "changed": (531, 4),
    "diverged": (469, 8),
    "finished": (60, 4),
    "interrupted": (144, 4),
    "killed": (1568, 4),
}


@pytest.mark.parametrize("run", NAMES, indirect=True)
def test_they_can_be_watched(run: Path, request: pytest.FixtureRequest) -> None:
    iteration, parameters = WATCHED[request.node.callspec.params["run"]]
    (path,) = run_paths(run)
    follower = RunFollower(path, lambda: 0.0)
    assert follower.read_on()
    shown = follower.snapshot()
    assert (shown.iteration, follower.fault, follower.trained) == (iteration, "", False)
    assert len(shown.views["loss_curve"].mean) == -(-iteration // shown.views["loss_curve"].width)
    assert sum(hasattr(row, "gradient_norm") for row in shown.views["layers"]) == parameters
    assert shown.views["evaluations"][0].iteration == 0
    assert shown.loss is not None


@pytest.mark.parametrize("run", ["diverged"], indirect=True)
def test_why_one_diverged_is_still_known(run: Path) -> None:
    (path,) = run_paths(run)
    follower = RunFollower(path, lambda: 0.0)
    follower.read_on()
    stop = follower.snapshot().non_finite
    assert stop is not None
    assert (stop.iteration, stop.where, stop.what) == (470, "Affine2", "output")


@pytest.mark.parametrize("run", NAMES, indirect=True)
def test_they_can_be_exported(run: Path, tmp_path: Path) -> None:
    (path,) = run_paths(run)
    table, parameters = tmp_path / "m.json", tmp_path / "p.npz"
    done = run_program(
        "export", path.name, f"--metrics={table}", f"--parameters={parameters}", f"--runs-dir={run}"
    )
    assert "Traceback" not in done.stderr
    whole = json.loads(table.read_text())
    assert whole["id"] == path.name
    assert whole["events"][0]["event"] == "started"
    losses = [point["loss"] for point in whole["points"][1:]]
    assert all(type(loss) is float for loss in losses)
    assert whole["points"][0]["test_accuracy"] >= 0
    with np.load(parameters) as arrays:
        assert set(arrays) >= {"W1", "b1", "W2", "b2"}
