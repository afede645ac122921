"""`step RUN` and `check RUN`: an iteration of a stored run, made again to the bit."""

from pathlib import Path

import pytest

from tests.support.processes import run_program
from tui_backprop.runs.location import run_paths

SPIRAL = ("--dataset=spiral", "--hidden=8", "--batch-size=30", "--optimizer=adam")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of one finished run of 25 iterations."""
    runs = tmp_path_factory.mktemp("runs")
    done = run_program("train", *SPIRAL, "--iterations=25", f"--runs-dir={runs}")
    assert done.returncode == 0
    return runs


def _body(text: str) -> str:
    return text[text.index("The minibatch has") :]


@pytest.mark.parametrize("at", [1, 7, 25])
def test_a_stored_run_is_walked_as_a_new_one_with_its_values(stored: Path, at: int) -> None:
    (path,) = run_paths(stored)
    done = run_program("step", path.name, f"--at={at}", "--sample=3", f"--runs-dir={stored}")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Iteration {at} of run {path.name} on spiral" in done.stdout
    assert f"`tui-backprop step {path.name} --at {at} --sample 3`" in done.stdout
    new = run_program("step", *SPIRAL, "--iterations=25", f"--at={at}", "--sample=3")
    assert _body(done.stdout) == _body(new.stdout)
    worst = run_program("step", *SPIRAL, "--iterations=25", f"--at={at}")
    assert _body(worst.stdout) != _body(new.stdout)


def test_a_stored_run_is_checked(stored: Path) -> None:
    (path,) = run_paths(stored)
    done = run_program("check", path.name, "--at=9", f"--runs-dir={stored}")
    new = run_program("check", *SPIRAL, "--iterations=25", "--at=9")
    assert (done.returncode, done.stdout) == (0, new.stdout)


def test_a_run_whose_target_is_a_file_of_its_own_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, here, elsewhere = (tmp_path / name for name in ("runs", "here", "elsewhere"))
    here.mkdir()
    elsewhere.mkdir()
    (here / "x.csv").write_text("".join(f"{n},{n % 7}\n" for n in range(40)))
    (here / "y.csv").write_text("".join(f"{'ab'[n % 2]}\n" for n in range(40)))
    monkeypatch.chdir(here)
    data = ("--dataset=x.csv", "--target=y.csv", "--batch-size=10", "--iterations=8")
    assert run_program("train", *data, f"--runs-dir={runs}").returncode == 0
    monkeypatch.chdir(elsewhere)
    done = run_program("step", "latest", f"--runs-dir={runs}")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_goes_on_from_its_checkpoint_where_that_comes_before(tmp_path: Path) -> None:
    runs = f"--runs-dir={tmp_path}"
    assert run_program("train", *SPIRAL, "--iterations=20", runs).returncode == 0
    (path,) = run_paths(tmp_path)
    changes = ("--iterations=30", "--learning-rate=0.01")
    assert run_program("train", "--resume", path.name, *changes, runs).returncode == 0
    refused = run_program("step", path.name, "--at=25", runs)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    assert "changed by iteration 2" in refused.stderr
    assert "iteration 25 cannot be made again" in refused.stderr
    before = run_program("step", path.name, "--at=20", runs)
    assert before.returncode == 0, "what was changed later does not matter"
    new = run_program("step", *SPIRAL, "--iterations=20", "--at=20")
    assert _body(before.stdout) == _body(new.stdout)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("nothing",), "no run 'nothing'"),
        (("latest", "--hidden=9"), "--hidden: a stored run has its own values."),
        (("latest", "--at=26"), "26: must be at most the 25 iterations of the run."),
        (("latest", "--sample=30"), "30: must be at most 29"),
    ],
)
def test_what_is_not_there_is_refused(stored: Path, arguments: tuple[str, ...], line: str) -> None:
    done = run_program("step", *arguments, f"--runs-dir={stored}")
    assert done.returncode == 2
    assert line in done.stderr
    assert "Traceback" not in done.stderr
