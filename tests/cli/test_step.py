"""`tui-backprop step`: a minibatch's walkthrough as Markdown, to a file or to standard output."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui_backprop.cli.main import main
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

SPIRAL = ("--dataset", "spiral", "--hidden", "8", "--batch-size", "30", "--iterations", "60")


def step(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["step", *arguments])


def test_the_whole_tape_goes_to_standard_output() -> None:
    result = step(*SPIRAL, "--at", "5")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "Iteration 5 on spiral, net 2-8-3." in result.stdout
    assert "| --learning-rate | 0.1 |" in result.stdout
    titles = [line for line in result.stdout.splitlines() if line.startswith("## ")]
    assert len(titles) == 17 + 2
    assert titles[7] == "## 8/17 Affine2.backward (backward)"
    assert titles[-1] == "## Gradient check"
    assert result.stdout.count("Worked out: ") == 17
    assert result.stdout.count("| agrees |") == 4


def test_its_numbers_are_those_of_the_run() -> None:
    settings = Hyperparameters(dataset="spiral", hidden=(8,), batch_size=30, iterations=60)
    trainer = Trainer(settings, load_dataset("spiral"))
    while trainer.iteration < 5:
        trainer.work()
    assert trainer.loss is not None
    assert f"{trainer.loss:.8g}" in step(*SPIRAL, "--at", "5").stdout


def test_the_same_seed_gives_the_same_transcript_and_another_one_another() -> None:
    first = step(*SPIRAL, "--at", "4", "--seed", "7").stdout
    assert first == step(*SPIRAL, "--at", "4", "--seed", "7").stdout
    assert first != step(*SPIRAL, "--at", "4", "--seed", "8").stdout
    assert first != step(*SPIRAL, "--at", "5", "--seed", "7").stdout


def test_output_goes_to_a_file_that_may_be_there(tmp_path: Path) -> None:
    file = tmp_path / "walk.md"
    file.write_text("what was there before, and longer\n" * 10_000)
    result = step(*SPIRAL, "--output", str(file))
    assert result.exit_code == 0
    assert result.output == ""
    assert file.read_text(encoding="utf-8") == step(*SPIRAL).stdout


def test_the_command_it_names_makes_it_again() -> None:
    first = step(*SPIRAL, "--at", "3", "--seed", "9").stdout
    (command,) = [line for line in first.splitlines() if line.startswith("`tui-backprop step")]
    arguments = command.strip("`").split()[2:]
    assert arguments[-2:] == ["--at", "3"]
    assert step(*arguments).stdout == first


def test_a_file_that_ends_in_html_is_a_page(tmp_path: Path) -> None:
    file = tmp_path / "walk.html"
    result = step(*SPIRAL, "--output", str(file))
    assert result.exit_code == 0
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("Worked out: ") == 17


@pytest.mark.parametrize("name", ["missing/walk.md", "."])
def test_an_unwritable_file_gets_a_line_and_2(tmp_path: Path, name: str) -> None:
    result = step(*SPIRAL, "--output", str(tmp_path / name))
    assert result.exit_code == 2
    assert "--output" in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not list(tmp_path.iterdir())


def test_an_unwritable_file_is_told_of_before_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_training(trainer: Trainer) -> None:
        pytest.fail("trained for a file that cannot be written")

    monkeypatch.setattr(Trainer, "work", no_training)
    result = step(*SPIRAL, "--at", "60", "--output", str(tmp_path / "missing" / "walk.md"))
    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize(
    ("at", "line"),
    [
        ("61", "61: must be at most the 60 iterations of the run."),
        ("0", "0 is not in the range x>=1."),
        ("soon", "'soon' is not a valid integer range."),
    ],
)
def test_an_iteration_that_is_none_is_refused(at: str, line: str) -> None:
    result = step(*SPIRAL, "--at", at)
    assert result.exit_code == 2
    assert "Invalid value for '--at'" in result.stderr
    assert line in result.stderr


def test_the_last_iteration_can_be_walked() -> None:
    result = step(*SPIRAL, "--at", "60")
    assert result.exit_code == 0
    assert "Iteration 60 on spiral" in result.stdout


def test_a_run_that_diverges_before_it_says_so() -> None:
    arguments = ("--weight-std", "1", "--learning-rate", "1e4", "--hidden", "8,8,8")
    result = step(*SPIRAL, *arguments, "--at", "60")
    assert result.exit_code == 1
    assert "is not finite in iteration" in result.stderr
    assert ", before iteration 60." in result.stderr


def test_bad_data_gets_a_line_and_2() -> None:
    result = step("--dataset", "/nowhere")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
