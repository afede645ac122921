"""`tui-backprop check FILE.py:NAME`: somebody's file is run, and what it builds is checked."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui_backprop.cli.main import main

NET = """
import numpy as np

class Net:
    def __init__(self, factor=1.0):
        rng = np.random.default_rng(0)
        self.params = {"W": rng.standard_normal((3, 2)), "b": np.zeros(2)}
        self.factor = factor

    def loss(self, x, t):
        return np.mean(np.sum((x @ self.params["W"] + self.params["b"] - t) ** 2, axis=1)) / 2

    def gradient(self, x, t):
        d = (x @ self.params["W"] + self.params["b"] - t) / len(x)
        return {"W": x.T @ d, "b": self.factor * d.sum(axis=0)}

x, t = np.ones((4, 3)) * np.arange(4)[:, None], np.eye(2)[[0, 1, 1, 0]]

def build():
    print("building")
    return Net(), x, t

def mean():
    return Net(1 / 4), x, t

def odd():
    return Net(1.7), x, t

ready = (Net(), x, t)

def restless():
    net = Net()
    net.loss = lambda x, t, calls=[]: calls.append(1) or float(len(calls))
    return net, x, t

def fails():
    return deeper()

def deeper():
    raise RuntimeError("no \\x1b[31mdata")

def leaves():
    raise SystemExit(0)

def two():
    return 1, 2

def no_net():
    return object(), x, t

def unfit():
    return Net(), x[:, :2], t

import helper
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(NET)
    (tmp_path / "helper.py").write_text("found = True\n")
    return path


def check(target: object, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", str(target), *arguments])


def test_a_right_net_exits_0_and_says_that_the_file_was_run(file: Path) -> None:
    result = check(f"{file}:build")
    assert result.exit_code == 0, result.output
    assert result.stderr == f"running {file} for build\n"
    assert result.stdout.startswith("building\n")
    lines = result.stdout.splitlines()
    assert lines[1].split()[:3] == ["W", "(3,2)", "right"]
    assert lines[-1] == "every gradient is right"


def test_what_is_built_already_is_taken_as_it_is(file: Path) -> None:
    assert check(f"{file}:ready").exit_code == 0


def test_a_wrong_net_exits_1_and_names_the_mistake(file: Path) -> None:
    result = check(f"{file}:mean")
    assert result.exit_code == 1
    assert "looks like bias-mean: the mean over the batch was taken" in result.stdout
    assert result.stdout.splitlines()[-1] == "a gradient is WRONG"
    assert "1.7 · right in every entry" in check(f"{file}:odd").stdout


def test_a_loss_that_changes_by_itself_exits_3(file: Path) -> None:
    result = check(f"{file}:restless")
    assert result.exit_code == 3
    assert "the loss is not deterministic" in result.stdout


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("fails", r"net.py, line 40: RuntimeError: no \x1b[31mdata"),
        ("leaves", "net.py, line 43: SystemExit: 0"),
        ("two", "net.py:two gave 2 things: it has to return (network, x, t)"),
        ("no_net", "TypeError: object has no `params`"),
        ("unfit", "net.py, line 11: ValueError: matmul"),
        ("missing", "net.py has no missing"),
    ],
)
def test_what_goes_wrong_in_it_is_one_line_and_2(file: Path, name: str, complaint: str) -> None:
    result = check(f"{file}:{name}")
    assert result.exit_code == 2
    running, error = result.stderr.splitlines()
    assert running == f"running {file} for {name}"
    assert error.startswith("Error: ")
    assert complaint in error
    assert "\x1b" not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = = 1\n", "line 1: SyntaxError"),
        ("import nothing_of_that_name\n", "line 1: ModuleNotFoundError"),
    ],
)
def test_a_file_that_does_not_run_is_one_line_and_2(
    tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "bad.py").write_text(text)
    result = check(f"{tmp_path / 'bad.py'}:build")
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = check(f"{tmp_path}/none.py:build")
    assert result.exit_code == 2
    assert "none.py: there is no such file" in result.stderr


def test_options_of_a_run_are_refused_and_h_is_taken(file: Path) -> None:
    refused = check(f"{file}:build", "--hidden", "3")
    assert refused.exit_code == 2
    assert "--hidden" in refused.stderr
    assert "has its own values" in refused.stderr
    assert check(f"{file}:build", "--h", "1e-3").exit_code == 0


def test_a_run_id_stays_one() -> None:
    result = check("20261124-0911-k2")
    assert result.exit_code == 2
    assert "running" not in result.stderr
