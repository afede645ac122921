"""Runs that another program wrote, by the README of the format: listed, watched and exported."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from tests.support.processes import run_program
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.format.config import read_config
from tui_backprop.runs.format.layers import read_newest_rows
from tui_backprop.runs.format.metrics import MetricsReader, read_metrics
from tui_backprop.runs.listing import StoredState, list_runs
from tui_backprop.runs.resuming import load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.snapshot import ActivationStatistics, ParameterStatistics

README = files("tui_backprop.runs.format").joinpath("README.md").read_text()


def foreign(runs: Path, **contents: str) -> Path:
    """Write a run: the content of `config` and so on, each without the end of its name."""
    path = runs / "my-run"
    path.mkdir(parents=True)
    for name, content in contents.items():
        (path / f"{name}.{'toml' if name == 'config' else 'jsonl'}").write_text(content)
    return path


def follow(path: Path) -> RunFollower:
    follower = RunFollower(path, lambda: 0.0)
    follower.read_on()
    return follower


LEAST = {"config": "format = 1\n", "metrics": '{"iteration": 5, "loss": 0.5}\n'}


def test_a_line_of_each_is_enough(tmp_path: Path) -> None:
    path = foreign(tmp_path, **LEAST)
    (listed,) = list_runs(tmp_path)
    assert (listed.state, listed.iteration, listed.test, listed.fault) == (
        *(StoredState.INTERRUPTED, 5, None, ""),
    )
    run = follow(path)
    shown = run.snapshot()
    assert (shown.iteration, shown.loss, shown.epoch) == (5, 0.5, 0.0)
    assert (run.layer_rows(), run.evaluation_points(), shown.net_title) == ((), (), "")
    assert run.loss_curve().mean == (0.5,)


def test_what_it_does_not_tell_is_not_made_up_in_the_list(tmp_path: Path) -> None:
    foreign(tmp_path, **LEAST)
    done = run_program("runs", f"--runs-dir={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].split() == ["my-run", "–", "–", "–", "5", "–", "interrupted"]


def test_it_is_exported(tmp_path: Path) -> None:
    foreign(tmp_path, **LEAST)
    table = tmp_path / "m.csv"
    done = run_program("export", "my-run", f"--metrics={table}", f"--runs-dir={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert table.read_text().splitlines() == [
        "iteration,epoch,loss,mean_loss,train_accuracy,test_accuracy,elapsed",
        "5,0.0,0.5,,,,0.0",
    ]


def test_without_its_data_it_cannot_be_gone_on_with(tmp_path: Path) -> None:
    done = run_program(
        "train", "--resume", f"--runs-dir={foreign(tmp_path, **LEAST).parent}", "--iterations=9"
    )
    assert done.returncode == 2
    assert "does not say which data the run was trained on" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_metric_name_key_event_and_word_are_ignored(tmp_path: Path) -> None:
    path = foreign(
        tmp_path,
        config="""
            format = 1
            mood = "sunny"
            [data]
            classes_by_name = ["cat", "dog"]
            train_size = 10
            [hyperparameters]
            dropout_of_next_year = [1, 2]
            learning_rate = 0.25
            [model]
            layers = 3
        """,
        metrics="""
            {"iteration": 1, "perplexity": 7, "train_accuracy": 0.5, "test_accuracy": 0.25}
            {"event": "had_lunch", "iteration": 1, "time": "noon"}
            {"event": "changed", "iteration": 1, "warmup": 3, "batch_size": 20}
        """,
        layers='{"iteration": 1, "layers": [{"layer": "Attention1", "verdict": "dozing", "x": 1}]}',
    )
    follower = follow(path)
    assert follower.fault == ""
    wanted = Hyperparameters(learning_rate=0.25, batch_size=20)
    assert follower.snapshot().hyperparameters == wanted
    assert [(e.train, e.test) for e in follower.evaluation_points()] == [(0.5, 0.25)]
    assert follower.layer_rows() == (ActivationStatistics("Attention1", 0, "", None, ""),)
    assert read_metrics(path / "metrics.jsonl").damaged_lines == 0


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("learning_rate = -1", "learning rate '-1': must be"),
        ('batch_size = "many"', "batch size 'many': must be"),
        ("hidden = [[1]]", "hidden units '[[1]]': must be"),
    ],
)
def test_a_known_name_with_a_forbidden_value_is_refused(
    tmp_path: Path, line: str, fault: str
) -> None:
    path = foreign(tmp_path, config=f"format = 1\n[hyperparameters]\n{line}\n")
    with pytest.raises(RunError) as caught:
        read_config(path / "config.toml")
    assert fault in str(caught.value)


def test_a_regression_has_errors(tmp_path: Path) -> None:
    path = foreign(
        tmp_path,
        config='format = 1\n[data]\ntask = "regression"\n',
        metrics='{"iteration": 1, "train_error": 12.5, "test_error": 0, "train_accuracy": "none"}\n'
        '{"iteration": 2, "test_error": -1}\n',
    )
    run = follow(path)
    assert run.snapshot().task == "regression"
    assert [(e.train, e.test) for e in run.evaluation_points()] == [(12.5, 0.0)]
    (listed,) = list_runs(tmp_path)
    assert (listed.iteration, listed.test) == (1, 0.0)
    assert read_metrics(path / "metrics.jsonl", TASKS["regression"]).damaged_lines == 1


def test_a_layers_file_is_shown_as_it_grows_and_where_a_line_is_damaged(tmp_path: Path) -> None:
    row = {"layer": "Conv1", "parameter": "W1", "gradient_norm": "nan", "verdict": "vanishing"}
    lines = json.dumps({"iteration": 1, "layers": [row]}) + "\n"
    path = foreign(tmp_path, **LEAST, layers=lines)
    follower = follow(path)
    (shown,) = follower.layer_rows()
    assert isinstance(shown, ParameterStatistics)
    assert (shown.layer, shown.name, shown.verdict) == ("Conv1", "W1", "vanishing")
    assert not follower.read_on()
    with (path / "layers.jsonl").open("a") as file:
        file.write(json.dumps({"iteration": 2, "layers": [row, row]}) + "\n" + lines[:20])
    assert follower.read_on()
    assert len(follower.layer_rows()) == 2
    (path / "layers.jsonl").write_text("\x1b[2J")
    assert follower.read_on()
    assert follower.fault == "layers.jsonl: has no line that can be read"
    assert len(follower.layer_rows()) == 2


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_readmes_examples_are_read_as_it_says(tmp_path: Path) -> None:
    (config,) = blocks("toml")
    path = foreign(tmp_path, config=config)
    found = read_config(path / "config.toml")
    assert (found.id, found.net_title, found.task.name) == (
        *("20261123-182207-k3f9", "784-50-10", "classification"),
    )
    line, any_line = blocks("json")
    reader = MetricsReader()
    reader.feed(line.replace("\n", " ").encode() + b"\n")
    (point,) = reader.points
    assert (point.iteration, point.loss, point.test, point.elapsed) == (600, 0.34, 0.91, 0.21)
    reader = MetricsReader(task=None)
    reader.feed(any_line.replace("\n", " ").encode() + b"\n")
    (point,) = reader.points
    assert (point.values, point.ranges) == (
        *({"loss": 0.34, "val/f1": 0.91}, {"loss": (0.29, 0.36, 0.51)}),
    )


def test_the_readme_names_every_event_key_and_file(tmp_path: Path) -> None:
    from tui_backprop.runs.format import names
    from tui_backprop.runs.format.layers import stored_rows
    from tui_backprop.runs.format.metrics import EVENTS

    rows = (
        ParameterStatistics("Affine1", "W1", (2,), 1.0, 1.0, 1.0, 1.0, "ok", (1.0,)),
        ActivationStatistics("Relu1", 2, "dead", 0.5, "ok"),
    )
    wanted = {*EVENTS, *(key for row in stored_rows(rows) for key in row)}
    wanted |= {value for name, value in vars(names).items() if name.endswith("_NAME")}
    assert not {word for word in wanted if f"`{word}`" not in README}


def test_rows_are_read_from_the_end_however_long_the_file(tmp_path: Path) -> None:
    path = tmp_path / "layers.jsonl"
    line = json.dumps({"iteration": 7, "layers": []}).encode() + b"\n"
    path.write_bytes(b"x" * 3_000_000 + b"\n" + line)
    assert read_newest_rows(path).iteration == 7


def test_a_run_that_says_its_data_begins_from_its_configuration(tmp_path: Path) -> None:
    from tui_backprop.datasets import load_dataset

    path = foreign(
        tmp_path,
        config="""
            format = 1
            [data]
            train_size = 300
            test_size = 300
            input_size = 2
            class_count = 3
            [hyperparameters]
            dataset = "spiral"
        """,
    )
    assert load_run(path, load_dataset).trainer.hyperparameters == Hyperparameters(dataset="spiral")
