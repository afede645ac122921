"""`tui_backprop.record`: what a loop of one's own logs, and what is found of it on disk."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runs.stored_runs import World, disk_full
from tests.support.processes import environment, run_program
from tests.test_imports import modules_loaded_by
from tui_backprop.own.record import Recording, record
from tui_backprop.runs.format.config import read_config
from tui_backprop.runs.format.layers import read_newest_rows
from tui_backprop.runs.format.metrics import MetricsReader, read_metrics
from tui_backprop.runs.listing import list_runs
from tui_backprop.runs.location import run_paths
from tui_backprop.training.snapshot import ParameterStatistics


class Net:
    """As much of a net as is looked at."""

    def __init__(self) -> None:
        self.params = {"W1": np.ones((2, 3)), "b1": np.zeros(3)}


def stored(world: World) -> MetricsReader:
    (path,) = run_paths(world.runs)
    return read_metrics(path / "metrics.jsonl", None)


def events(world: World) -> list[tuple[str, int, str]]:
    return [(e.event, e.iteration, e.reason) for e in stored(world).events]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not modules_loaded_by("import tui_backprop") & {"numpy", "textual", "rich", "click"}
    loaded = modules_loaded_by("import tui_backprop; tui_backprop.record")
    assert "numpy" in loaded
    assert not loaded & {"textual", "rich", "click", "plotext"}


def test_there_is_nothing_of_another_name() -> None:
    import tui_backprop

    assert "record" in dir(tui_backprop)
    with pytest.raises(AttributeError, match="recrod"):
        _ = tui_backprop.recrod


def test_metrics_of_any_name_are_stored(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        run.log({"val/f1": 97}, loss=np.float32(0.5))
        run.log({"train loss": 0.25}, lr=np.array(0.1))
    first, *_ = stored(world).points
    assert (first.iteration, first.values) == (1, {"loss": 0.5, "val/f1": 97.0})
    assert stored(world).points[-1].values == {"train loss": 0.25, "lr": 0.1}
    assert events(world) == [("started", 0, ""), ("finished", 1, "")]
    (path,) = run_paths(world.runs)
    config = read_config(path / "config.toml")
    assert (config.name, config.naming_task, config.stated) == ("mine", None, frozenset())
    assert run.id == path.name


def test_iterations_are_counted_by_the_names_that_come_again(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        for epoch in (1, 2):
            for loss in (3.0, 2.0):
                run.log(loss=loss, epoch=epoch)
            run.log(test_accuracy=0.5)
    points = [(p.iteration, p.epoch, *p.values) for p in stored(world).points]
    assert points == [
        (1, 1.0, "loss"),
        (2, 1.0, "loss"),
        (2, 1.0, "test_accuracy"),
        (3, 2.0, "loss"),
        (4, 2.0, "loss"),
        (4, 2.0, "test_accuracy"),
    ]


def test_an_iteration_that_is_given_counts(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        run.log(iteration=10, loss=1.0)
        run.log(iteration=np.int64(30), loss=1.0)
        run.log(loss=1.0)
    assert [p.iteration for p in stored(world).points] == [10, 30, 31]


def test_gradients_weights_and_updates_have_rows(world: World) -> None:
    net = Net()
    grads = {"W1": np.full((2, 3), 2.0), "b1": np.full(3, math.inf)}
    with record("mine", net, storage=world.storage) as run:
        for _ in range(2):
            net.params["W1"] -= 0.25
            run.log(loss=1.0, grads=grads)
            world.clock.seconds += 0.1
    (path,) = run_paths(world.runs)
    rows = read_newest_rows(path / "layers.jsonl")
    w, b = rows.rows
    assert isinstance(w, ParameterStatistics)
    assert isinstance(b, ParameterStatistics)
    assert (w.name, w.shape) == ("W1", (2, 3))
    assert w.norm == pytest.approx(math.sqrt(6) * 0.5)
    assert w.gradient_norm == pytest.approx(2 * math.sqrt(6))
    assert w.update_ratio == pytest.approx(0.5)
    assert (b.gradient_norm, b.verdict, b.trend) == (math.inf, "not finite", ())
    assert rows.iteration == 2


def test_gradients_are_looked_at_twice_a_second(world: World, monkeypatch: Any) -> None:
    import tui_backprop.own.record as module

    looks = []

    def look(array: object) -> float:
        looks.append(array)
        return 1.0

    monkeypatch.setattr(module, "euclidean_norm", look)
    with record("mine", storage=world.storage) as run:
        for _ in range(1000):
            world.clock.seconds += 0.001
            run.log(loss=1.0, grads={"W1": np.ones(3)})
    assert 2 <= len(looks) <= 3


def test_most_values_have_no_point_but_all_count_in_a_range(world: World) -> None:
    losses = [math.sin(n) for n in range(5000)]
    with record("mine", storage=world.storage) as run:
        for loss in losses:
            world.clock.seconds += 0.0001
            run.log(loss=loss)
    points = stored(world).points
    assert 128 < len(points) < 600
    assert points[-1].values == {"loss": losses[-1]}
    lows = [p.ranges["loss"][0] if p.ranges else p.values["loss"] for p in points]
    highs = [p.ranges["loss"][2] if p.ranges else p.values["loss"] for p in points]
    assert (min(lows), max(highs)) == (min(losses), max(losses))


def test_what_is_logged_seldom_is_never_left_out(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        for n in range(2000):
            world.clock.seconds += 0.0001
            run.log(loss=1.0)
            if n % 20 == 0:
                run.log(test_accuracy=n)
    kept = [p.values["test_accuracy"] for p in stored(world).points if "test_accuracy" in p.values]
    assert kept == list(range(0, 2000, 20))


def test_lines_are_written_ten_times_a_second(world: World, monkeypatch: Any) -> None:
    writes = []
    monkeypatch.setattr(world.files, "append", lambda *written: writes.append(written))
    with record("mine", storage=world.storage) as run:
        for _ in range(1000):
            world.clock.seconds += 0.001
            run.log(loss=1.0)
    assert 9 <= len(writes) <= 12


def test_a_value_that_is_no_longer_finite_has_a_point_where_that_is(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        for n in range(1000):
            run.log(loss=math.nan if n >= 777 else 1.0)
    nans = [p.iteration for p in stored(world).points if math.isnan(p.values["loss"])]
    assert nans[0] == 778


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("no\nsuch \x1b[2Jshape"), "ValueError: no such \\x1b[2Jshape"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_ends_the_loop_is_the_reason(world: World, error: BaseException, reason: str) -> None:
    run = record("mine", storage=world.storage)
    run.log(loss=1.0)
    with pytest.raises(type(error)), run:
        raise error
    assert events(world)[-1] == ("interrupted", 1, reason)
    (listed,) = list_runs(world.runs)
    assert listed.state.value == "interrupted"


def test_a_full_disk_is_told_once_and_the_loop_goes_on(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.files.fault = disk_full()
    with record("mine", storage=world.storage) as run:
        for _ in range(200):
            world.clock.seconds += 1
            run.log(loss=1.0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "tui-backprop: the run mine is not saved: No space left on device"
    assert list_runs(world.runs) == []


def test_a_disk_that_has_room_again_is_written_to(world: World) -> None:
    world.files.fault = disk_full()
    with record("mine", storage=world.storage) as run:
        for n in range(200):
            world.clock.seconds += 1
            if n == 100:
                world.files.fault = None
            run.log(loss=1.0)
    assert [p.iteration for p in stored(world).points][:3] == [1, 2, 3]


def test_what_nobody_expected_is_tried_again_every_few_seconds(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    make = world.files.make_directory

    def counted(path: Path) -> None:
        made.append(path)
        make(path)

    monkeypatch.setattr(world.files, "make_directory", counted)
    monkeypatch.setitem(sys.modules, "tomli_w", None)
    with record("mine", storage=world.storage) as run:
        for _ in range(1000):
            world.clock.seconds += 0.01
            run.log(loss=1.0)
        assert 2 <= len(made) <= 3
        monkeypatch.undo()
        world.clock.seconds += 5.0
        run.log(loss=1.0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tui-backprop: not all is recorded: ")
    points = stored(world).points
    assert (points[0].iteration, points[-1].iteration) == (1, 1001)


def test_rows_that_cannot_be_made_are_tried_again_every_few_seconds(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def fail(*given: object) -> bytes:
        tries.append(given)
        raise RuntimeError("broken")

    monkeypatch.setattr("tui_backprop.own.any_run_recorder.layers_line", fail)
    with record("mine", storage=world.storage) as run:
        for _ in range(1000):
            world.clock.seconds += 0.01
            run.log(loss=1.0, grads={"W1": np.ones(3)})
    assert 2 <= len(tries) <= 3
    assert capsys.readouterr().err.count("broken") == 1


class Refuses:
    """A value that can be turned into nothing."""

    def __float__(self) -> float:
        raise RuntimeError("never")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"loss": "high"}, "loss is no single number, but str: left out"),
        ({"loss": np.ones(2)}, "loss is no single number, but ndarray: left out"),
        ({"loss": Refuses()}, "loss is no single number, but Refuses: left out"),
        ({"elapsed": 3.0}, "a metric cannot be called elapsed: the run's files use that name"),
        ({"grads": 5, "loss": 1.0}, "grads is no dict, but int: left out"),
        ({"iteration": "one", "loss": 1.0}, "iteration is no whole number"),
        ({"loss": 10**400}, "loss is no single number, but int: left out"),
        ({"grads": {"W1": "x"}, "loss": 1.0}, "no gradients are shown: "),
        ({"n" * 101: 1.0}, "a metric's name must be a text of 1 to 100 characters"),
    ],
)
def test_what_cannot_be_recorded_is_told_once_and_raises_nothing(
    world: World, capsys: pytest.CaptureFixture[str], values: dict[str, Any], told: str
) -> None:
    with record("mine", storage=world.storage) as run:
        for _ in range(3):
            run.log(**values)
        run.log(other=1.0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tui-backprop: {told}")
    assert stored(world).points[-1].values == {"other": 1.0}


def test_iterations_that_go_back_are_left_out(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    with record("mine", storage=world.storage) as run:
        for iteration in (5, 3, 4, 6):
            run.log(iteration=iteration, loss=1.0)
    assert [p.iteration for p in stored(world).points] == [5, 6]
    assert "iteration 3 came after 5" in capsys.readouterr().err


def test_nothing_logged_makes_no_run(world: World) -> None:
    with record("mine", storage=world.storage):
        pass
    assert list_runs(world.runs) == []


def test_many_metrics_take_several_lines(world: World) -> None:
    names = [f"layer {n} {'x' * 60}" for n in range(100)]
    with record("mine", storage=world.storage) as run:
        for _ in range(300):
            run.log(dict.fromkeys(names, 0.123456789))
    found = stored(world)
    assert found.damaged_lines == 0
    assert {name for p in found.points for name in p.values} == set(names)


def test_a_killed_script_leaves_a_readable_run(tmp_path: Path) -> None:
    script = f"""
import os, signal, tui_backprop
with tui_backprop.record("mine", runs_dir={str(tmp_path)!r}) as run:
    for n in range(100):
        run.log(loss=1.0)
    import time; time.sleep(0.2)
    run.log(loss=0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], env=environment(), check=False)
    (listed,) = list_runs(tmp_path)
    assert (listed.state.value, listed.iteration, listed.fault) == ("interrupted", 101, "")


def test_it_is_listed_and_exported(world: World) -> None:
    with record("mine", storage=world.storage) as run:
        run.log({"loss": 0.5, "val/f1": math.nan})
    arguments = f"--runs-dir={world.runs}"
    listed = run_program("runs", arguments)
    assert listed.stdout.splitlines()[1].split()[-4:] == ["1", "val/f1", "nan", "finished"]
    table = run_program("export", "latest", "--metrics=-", arguments)
    assert table.stdout.splitlines() == ["iteration,epoch,loss,val/f1,elapsed", "1,0.0,0.5,nan,0.0"]
    path = world.runs / "m.json"
    run_program("export", "latest", f"--metrics={path}", arguments)
    whole = json.loads(path.read_text())
    assert whole["points"] == [
        {"iteration": 1, "epoch": 0.0, "loss": 0.5, "val/f1": "nan", "elapsed": 0.0}
    ]
    assert whole["hyperparameters"] is None


def test_logging_after_the_end_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with record("mine", storage=world.storage) as run:
        run.log(loss=1.0)
    assert isinstance(run, Recording)
    run.log(loss=2.0)
    assert "the recording has ended" in capsys.readouterr().err
    assert len(stored(world).points) == 1
