"""`tui-backprop check`: a line per parameter, and an exit status that tells right from wrong."""

import re

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tui_backprop.cli.main import main
from tui_backprop.nn import Relu

SPIRAL = ("--dataset", "spiral", "--hidden", "8", "--batch-size", "30")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


def test_it_prints_a_line_per_parameter_and_exits_0() -> None:
    result = check(*SPIRAL, "--at", "3")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["W1", "b1", "W2", "b2"]
    assert re.fullmatch(r"every gradient is right, \d+ of 51 compared", lines[-1])
    for line in lines[:-1]:
        found = re.search(r"largest relative error (\S+)  mean (\S+)  agrees", line)
        assert found, line
        assert float(found[1]) < 1e-6


def test_every_entry_is_accounted_for() -> None:
    for h in ("1e-2", "1e-4", "1e-9"):
        line = check(*SPIRAL, "--h", h).stdout.splitlines()[0]
        found = re.search(r"\((\d+) of 16 compared(.*)\)$", line)
        assert found, line
        assert int(found[1]) + sum(map(int, re.findall(r", (\d+) ", found[2]))) == 2 * 8


def test_a_broken_backward_exits_1_and_names_where(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Relu.backward
    monkeypatch.setattr(Relu, "backward", lambda self, dout: 1.01 * right(self, dout))
    result = check(*SPIRAL, "--at", "3")
    assert result.exit_code == 1
    *lines, last = result.stdout.splitlines()
    assert last == "a gradient is WRONG"
    wrong = {line.split()[0]: "WRONG at [" in line for line in lines}
    assert wrong == {"W1": True, "b1": True, "W2": False, "b2": False}


def test_a_relu_that_forgets_its_mask_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relu, "backward", lambda self, dout: np.array(dout))
    assert check(*SPIRAL, "--at", "3").exit_code == 1


@pytest.mark.parametrize(
    "options", [("--hidden", "5,4,3", "--weight-std", "1"), ("--dtype", "float64"), ("--h", "1e-6")]
)
def test_other_nets_dtypes_and_step_sizes_pass(options: tuple[str, ...]) -> None:
    assert check(*SPIRAL, "--at", "3", *options).exit_code == 0


@pytest.mark.parametrize("h", ["0", "-1", "2", "nan", "tiny"])
def test_a_step_size_that_cannot_be_is_refused(h: str) -> None:
    result = check(*SPIRAL, "--h", h)
    assert result.exit_code == 2
    assert "--h" in result.stderr
    assert "Traceback" not in result.output


def test_bad_data_gets_a_line_and_2() -> None:
    result = check("--dataset", "/nowhere")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "/nowhere" in result.stderr


def test_an_iteration_past_the_end_is_refused() -> None:
    result = check(*SPIRAL, "--iterations", "60", "--at", "61")
    assert result.exit_code == 2
    assert "61: must be at most the 60 iterations of the run." in result.stderr


def test_a_check_that_compared_nothing_exits_3_and_names_what() -> None:
    result = check("--dataset", "digits", "--hidden", "16", "--h", "0.01")
    assert result.exit_code == 3
    _, b1, _, b2, last = result.stdout.splitlines()
    assert re.search(r"error – +mean – +not checkable  \(0 of 16 compared, 16 at a kink\)$", b1)
    assert b2.endswith("not checkable  (0 of 10 compared, 10 where h is too large)")
    assert last == "not checkable at h = 0.01: b1, b2; try a smaller h"


def test_where_no_step_size_helps_it_does_not_ask_for_one() -> None:
    result = check(*SPIRAL, "--at", "1")
    assert result.exit_code == 3
    last = result.stdout.splitlines()[-1]
    assert last == "not checkable at h = 0.0001: b1; try a smaller h or another minibatch"
