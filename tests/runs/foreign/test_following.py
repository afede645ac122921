"""Files that grow, are replaced, are cut, or are none: found by looking, and followed."""

import json
import os
from pathlib import Path

import pytest

from tests.runs.foreign.event_files import event, simple
from tui_backprop.runs.foreign.finding import FoundRun, found_runs
from tui_backprop.runs.foreign.own_run import OwnRunSource
from tui_backprop.runs.foreign.source import ForeignSource
from tui_backprop.runs.run_error import RunError


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def source_at(path: Path, clock: Clock | None = None) -> ForeignSource:
    (run,) = found_runs(path)
    source = ForeignSource(run, clock or Clock())
    source.read_on()
    return source


def last(source: ForeignSource | OwnRunSource) -> dict[str, float]:
    return {metric.name: metric.last for metric in source.table.summaries()}


def test_each_kind_is_found_by_looking(tmp_path: Path) -> None:
    for name, content in {
        "tb/events.out.tfevents.1": event(1, simple("loss", 1.0)),
        "lightning_logs/version_0/metrics.csv": b"epoch,step,loss\n0,1,2.0\n",
        "keras/training.csv": b"epoch,loss\n",
        "data/iris.csv": b"sepal,petal\n1,2\n",
        "dvclive/plots/metrics/train/loss.tsv": b"step\tloss\n1\t2\n",
        "dvclive/plots/metrics/acc.tsv": b"step\tacc\n1\t2\n",
        "out/checkpoint-10/trainer_state.json": b'{"log_history": []}',
        "out/checkpoint-20/trainer_state.json": b'{"log_history": []}',
        "logs/train.jsonl": b'{"loss": 1}\n',
        "logs/words.jsonl": b'{"text": "a"}\n',
        "own/my-run/config.toml": b"format = 1\n",
        "own/my-run/metrics.jsonl": b'{"iteration": 1, "loss": 1}\n',
        ".hidden/metrics.csv": b"step,loss\n",
        "node_modules/metrics.csv": b"step,loss\n",
        "other/config.toml": b"a = 1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = [(str(run.path.relative_to(tmp_path)), run.title) for run in found_runs(tmp_path)]
    assert found == [
        ("dvclive", "DVCLive"),
        ("keras/training.csv", "CSV table"),
        ("lightning_logs/version_0/metrics.csv", "CSV table"),
        ("logs/train.jsonl", "JSON lines"),
        ("out", "Hugging Face trainer state"),
        ("own/my-run", "tui-backprop run"),
        ("tb", "TensorBoard"),
    ]


def test_a_file_that_is_named_is_taken_for_what_it_is(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("step,loss\n1,2\n")
    assert last(source_at(table)) == {"loss": 2.0}
    table.write_text("x,y\n1,2\n")
    with pytest.raises(RunError, match="holds no numbers of a training"):
        found_runs(table)
    with pytest.raises(RunError, match="No such file"):
        found_runs(tmp_path / "none.csv")


def test_a_table_that_grows_is_read_on_and_half_a_line_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n1,0.5\n2,0.2")
    source = source_at(path)
    assert last(source) == {"loss": 0.5}
    assert not source.read_on()
    with path.open("a") as file:
        file.write("5\n")
    assert source.read_on()
    assert last(source) == {"loss": 0.25}
    assert source.watched().fault == ""


def test_a_table_written_anew_with_another_column_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss\n0,1,0.5\n")
    source = source_at(path)
    path.write_text("epoch,step,train_loss,val_loss\n0,1,0.5,\n0,1,,0.75\n")
    assert source.read_on()
    assert last(source) == {"train_loss": 0.5, "val_loss": 0.75}
    assert [m.count for m in source.table.summaries()] == [1, 1]


def test_a_table_that_is_cut_starts_over_and_one_that_is_gone_stays(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25\n")
    source = source_at(path)
    path.write_text("step,loss\n1,4\n")
    assert source.read_on()
    assert last(source) == {"loss": 4.0}
    path.unlink()
    assert source.read_on()
    assert last(source) == {"loss": 4.0}
    assert source.watched().fault == "metrics.csv: No such file or directory"


def test_a_new_file_of_the_run_is_taken_in(tmp_path: Path) -> None:
    clock = Clock()
    (tmp_path / "events.out.tfevents.1").write_bytes(event(1, simple("loss", 1.0)))
    source = source_at(tmp_path, clock)
    (tmp_path / "events.out.tfevents.2").write_bytes(event(2, simple("loss", 2.0)))
    clock.seconds += 3
    assert source.read_on()
    assert last(source) == {"loss": 2.0}


def test_the_newest_checkpoint_tells_all(tmp_path: Path) -> None:
    clock = Clock()

    def save(step: int) -> None:
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        log = [{"step": n, "loss": 1 / n, "epoch": n / 10} for n in range(1, step + 1)]
        path = folder / "trainer_state.json"
        path.write_text(json.dumps({"log_history": log}))
        os.utime(path, (step, step))

    save(10)
    source = source_at(tmp_path, clock)
    assert [(m.name, m.step, m.count) for m in source.table.summaries()] == [("loss", 10, 10)]
    save(20)
    clock.seconds += 3
    assert source.read_on()
    assert [(m.name, m.step, m.count) for m in source.table.summaries()] == [("loss", 20, 20)]


def test_a_state_that_is_half_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    whole = json.dumps({"log_history": [{"step": 1, "loss": 0.5}]})
    path.write_text(whole[:20])
    source = source_at(tmp_path)
    assert last(source) == {}
    assert "waiting for the rest" in source.watched().fault
    path.write_text(whole)
    assert source.read_on()
    assert (last(source), source.watched().fault) == ({"loss": 0.5}, "")


@pytest.mark.skipif(os.name != "posix", reason="POSIX files")
def test_neither_pipes_nor_links_nor_devices_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.csv")
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    (tmp_path / "b.jsonl").symlink_to("/dev/random")
    assert found_runs(tmp_path) == []
    for name, fault in (("metrics.csv", "not a regular file"), ("a.csv", "a link")):
        with pytest.raises(RunError, match=fault):
            found_runs(tmp_path / name)


def test_a_directory_that_is_a_circle_of_links_is_looked_through_once(tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "m.csv").write_text("step,loss\n1,2\n")
    assert [run.path.name for run in found_runs(tmp_path)] == ["m.csv"]


def test_a_large_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    line = json.dumps({"loss": 1.0, "pad": "x" * 1000}) + "\n"
    path.write_text(line * 5000)
    source = source_at(path)
    assert source.behind
    first = source.table.summaries()[0].count
    assert 0 < first < 5000
    while source.behind:
        assert source.read_on()
    assert source.table.summaries()[0].count == 5000


def own_run(tmp_path: Path, metrics: str, config: str = "format = 1\n") -> OwnRunSource:
    path = tmp_path / "my-run"
    path.mkdir(exist_ok=True)
    (path / "config.toml").write_text(config)
    (path / "metrics.jsonl").write_text(metrics)
    (found,) = found_runs(tmp_path)
    assert found == FoundRun(path, None)
    source = OwnRunSource(path, Clock())
    source.read_on()
    return source


def test_a_run_of_ones_own_is_watched_by_its_metrics_names(tmp_path: Path) -> None:
    source = own_run(
        tmp_path,
        '{"event": "started", "iteration": 0}\n'
        '{"iteration": 1, "perplexity": 7, "acc": 97.5, "ranges": {"acc": [1, 2, 99]}}\n'
        '{"iteration": 2, "perplexity": "nan", "name": "x", "elapsed": 3.5}\n',
        'format = 1\nname = "mine\\u001b[2J"\nprogram = "PyTorch"\n',
    )
    low = {metric.name: (metric.low, metric.high) for metric in source.table.summaries()}
    assert low == {"perplexity": (7.0, 7.0), "acc": (1.0, 99.0)}
    run = source.watched()
    assert (run.title, run.kind, run.state, run.elapsed) == (
        *("mine\\x1b[2J", "PyTorch", "interrupted", 3.5),
    )


def test_what_came_before_a_run_went_back_does_not_count(tmp_path: Path) -> None:
    before = "".join(f'{{"iteration": {n}, "loss": {n}}}\n' for n in range(1, 6))
    source = own_run(tmp_path, before)
    with (tmp_path / "my-run" / "metrics.jsonl").open("a") as file:
        file.write('{"event": "resumed", "iteration": 2}\n{"iteration": 3, "loss": 30}\n')
    assert source.read_on()
    (metric,) = source.table.summaries()
    assert (metric.last, metric.high, metric.count, metric.went_back) == (30.0, 30.0, 3, False)


def test_why_a_run_was_interrupted_is_told(tmp_path: Path) -> None:
    source = own_run(
        tmp_path,
        '{"iteration": 1, "loss": 1}\n'
        '{"event": "interrupted", "iteration": 1, "reason": "ValueError: no"}\n',
    )
    assert (source.watched().state, source.watched().reason) == ("interrupted", "ValueError: no")
