"""A table of one's own: trained, resumed to the bit, and refused in a line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui_backprop.cli.main import main

ROWS = "".join(f"{n % 7}.5,{n % 11}.25,{2 * (n % 7) - (n % 11) + 0.125}\n" for n in range(60))
OPTIONS = ("--hidden=4", "--weight-std=0.5", "--batch-size=10", "--json")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text("rooms,age,price\n" + ROWS)
    return path


def train(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["train", f"--runs-dir={tmp_path / 'runs'}", *arguments])


def points(result: Result) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return [line for line in lines if "iteration" in line and "loss" in line]


@pytest.mark.parametrize("target", ["price", "age", ""])
def test_a_column_is_learned_and_the_run_resumed_with_it(
    table: Path, tmp_path: Path, target: str
) -> None:
    of_table = (f"--dataset={table}", f"--target={target}")
    whole = train(tmp_path, *of_table, *OPTIONS, "--iterations=80")
    assert whole.exit_code == 0
    assert points(whole)[-1]["test_error"] > 0
    assert train(tmp_path, *of_table, *OPTIONS, "--iterations=30").exit_code == 0
    resumed = train(tmp_path, "--resume", "--iterations=80", "--json")
    assert resumed.exit_code == 0
    assert points(resumed)[-1] == points(whole)[-1]


def test_a_column_that_is_not_there_is_named(table: Path, tmp_path: Path) -> None:
    result = train(tmp_path, f"--dataset={table}", "--target=cost")
    assert result.exit_code == 2
    assert result.stderr == f"Error: {table}: no column 'cost'; there are rooms, age, price\n"
    result = train(tmp_path, "--dataset=spiral", "--target=x")
    assert result.exit_code == 2
    assert "only the target of a .csv file is chosen" in result.stderr
