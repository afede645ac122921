"""`tui-backprop step` and tapes in files: written from a run, opened, written as handouts."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.walkthrough.foreign import odd_tape, wrong_at
from tui_backprop.cli.main import main
from tui_backprop.tape_file import load_tape, save_tape

SPIRAL = ("--dataset", "spiral", "--hidden", "8", "--batch-size", "30", "--iterations", "60")


def step(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["step", *arguments])


@pytest.fixture
def odd(tmp_path: Path) -> str:
    save_tape(odd_tape(), tmp_path / "odd.tape")
    return str(tmp_path / "odd.tape")


def test_a_runs_minibatch_is_written_as_a_tape(tmp_path: Path) -> None:
    file = tmp_path / "batch.tape"
    result = step(*SPIRAL, "--at", "5", "--output", str(file))
    assert (result.exit_code, result.output) == (0, "")
    tape = load_tape(file)
    assert len(tape) == 17
    assert tape.sample_count == len(tape.facts.indices) == 30
    assert "## 17/17" in step(str(file)).stdout


def test_the_handout_of_a_tape_goes_where_no_screen_is(tmp_path: Path, odd: str) -> None:
    result = step(odd)
    assert result.exit_code == 0
    assert "## 11/11 h.0.mlp.fc1.backward (backward)" in result.stdout
    assert "No derivation is declared for aten.embedding." in result.stdout
    page = tmp_path / "odd.html"
    assert step(odd, "--output", str(page), "--sample", "1").exit_code == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_handout_says_where_code_and_derivation_disagree(tmp_path: Path) -> None:
    save_tape(wrong_at("dW2"), tmp_path / "wrong.tape")
    assert (
        "Step 8, Affine2.backward: the code made dW2[" in step(str(tmp_path / "wrong.tape")).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--at", "3"), "--at: a tape is of one iteration"),
        (("--hidden", "3"), "--hidden: a tape is of one iteration"),
        (("--sample", "2"), "2: must be at most 1, the last of the minibatch."),
    ],
)
def test_what_is_said_of_a_run_is_refused_of_a_tape(
    odd: str, arguments: tuple[str, str], line: str
) -> None:
    result = step(odd, *arguments)
    assert result.exit_code == 2
    assert line in result.stderr


def test_a_damaged_tape_is_refused_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "torn.tape"
    file.write_bytes(b"PK\x03\x04 torn")
    result = step(str(file))
    assert result.exit_code == 2
    assert result.stderr == f"Error: {file}: damaged, or no tape (File is not a zip file)\n"


def test_a_tape_that_is_not_there_is_looked_for_among_the_runs(tmp_path: Path) -> None:
    result = step("missing.tape", "--runs-dir", str(tmp_path))
    assert result.exit_code == 2
    assert "missing.tape" in result.stderr
