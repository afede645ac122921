"""The file of rows by layer: written while it trains, small however long, whole after any fault."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runs.stored_runs import NOW, SPIRAL, SPIRAL_DATA, World, disk_full, train
from tui_backprop.runs.directory import MAX_LAYERS_BYTES, RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.format.config import DataDescription, RunConfig
from tui_backprop.runs.format.layers import read_newest_rows
from tui_backprop.runs.location import run_paths
from tui_backprop.training.trainer import Trainer


def new_directory(runs: Path) -> RunDirectory:
    config = RunConfig("a", NOW, DataDescription("", 0, 300, 300, 2, 3, 3), SPIRAL)
    return RunDirectory.create(runs, config, RunFiles())


def iterations(path: Path) -> list[int]:
    lines = (path / "layers.jsonl").read_bytes().splitlines()
    return [json.loads(line)["iteration"] for line in lines if line]


def line_of(iteration: int, size: int) -> bytes:
    return json.dumps({"iteration": iteration, "layers": [], "more": "x" * size}).encode() + b"\n"


def test_there_is_a_line_a_second(world: World) -> None:
    trainer, recorder = Trainer(replace(SPIRAL, iterations=300), SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, seconds=0.1)
    recorder.save(trainer, "finished")
    recorder.close()
    (path,) = run_paths(world.runs)
    found = iterations(path)
    assert found[0] == 1
    assert found[-1] == 300
    assert 25 < len(found) < 40
    assert read_newest_rows(path / "layers.jsonl").rows == trainer.layer_rows()


def test_who_watches_needs_no_checkpoint(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 1, seconds=1e-4)
    (path,) = run_paths(world.runs)
    assert not (path / "checkpoint.npz").exists()
    follower = RunFollower(path, world.clock)
    follower.read_on()
    assert follower.layer_rows() == trainer.layer_rows()
    recorder.close()


def test_an_older_file_of_rows_yields_to_the_checkpoint(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    recorder.close()
    (path,) = run_paths(world.runs)
    layers = path / "layers.jsonl"
    layers.write_bytes(layers.read_bytes().splitlines(keepends=True)[0])
    follower = RunFollower(path, world.clock)
    follower.read_on()
    assert follower.layer_rows() == trainer.layer_rows()


def test_however_long_the_run_the_file_stays_small_and_tells_of_all_of_it(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    for number in range(2000):
        directory.append_layers(line_of(number, 4000))
        size = (directory.path / "layers.jsonl").stat().st_size
        assert size <= MAX_LAYERS_BYTES
    found = iterations(directory.path)
    assert found == sorted(set(found))
    assert found[-1] == 1999
    assert len(found) > 60
    assert found[0] < 1000
    directory.close()


def test_a_net_too_deep_for_two_lines_keeps_the_newest(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    for number in range(4):
        directory.append_layers(line_of(number, MAX_LAYERS_BYTES * 3 // 4))
    assert iterations(directory.path) == [3]
    directory.close()


def test_after_a_half_written_line_comes_a_whole_one(tmp_path: Path) -> None:
    directory = new_directory(tmp_path)
    directory.append_layers(line_of(1, 10))
    directory.close()
    with (directory.path / "layers.jsonl").open("ab") as file:
        file.write(line_of(2, 10)[:15])
    again = RunDirectory.open(directory.path, RunFiles())
    again.append_layers(line_of(3, 10))
    again.close()
    assert read_newest_rows(directory.path / "layers.jsonl").iteration == 3


@pytest.mark.parametrize("room", [0, 100, 900])
def test_a_disk_that_fills_up_costs_no_line_before(world: World, room: int) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
    (path,) = run_paths(world.runs)
    before = (path / "layers.jsonl").read_bytes()
    world.files.fault, world.files.room = disk_full(), room
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 30)
    assert (path / "layers.jsonl").read_bytes().startswith(before)
    world.files.fault = None
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    recorder.close()
    assert iterations(path)[-1] == 40
