"""The recorder: what it writes and when, and a run that goes on whatever the disk does."""

import errno
import resource
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.runs.stored_runs import (
    SPIRAL,
    SPIRAL_DATA,
    World,
    disk_full,
    train,
)
from tests.training.runs import bits, finish
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.checkpoint import read_checkpoint
from tui_backprop.runs.format.config import read_config
from tui_backprop.runs.format.metrics import MetricsPoint, read_metrics
from tui_backprop.runs.listing import StoredState, summary_of
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.recorder import RunRecorder, resting_event
from tui_backprop.runs.resuming import load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.training.trainer import Trainer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "state" / "runs")


def resumed(world: World, path: Path) -> tuple[Trainer, RunRecorder]:
    directory = RunDirectory.open(path, world.files)
    run = load_run(path, load_dataset)
    return run.trainer, RunRecorder(world.storage, lambda: run.elapsed, directory, run)


def test_nothing_is_made_before_the_first_iteration(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    while trainer.evaluating:
        trainer.work()
        world.clock.seconds += 10
        recorder.record(trainer)
    recorder.save(trainer, "interrupted")
    assert not world.runs.exists()
    assert recorder.run_id is None
    trainer.work()
    world.clock.seconds += 1
    recorder.record(trainer)
    assert [path.name for path in run_paths(world.runs)] == [recorder.run_id]
    recorder.close()


def test_a_finished_run_is_all_there(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    recorder.save(trainer, resting_event(trainer))
    assert (recorder.problem, recorder.run_id) == ("", "20261123-182207-0011")
    recorder.close()
    (path,) = run_paths(world.runs)
    assert sorted(file.name for file in path.iterdir()) == [
        "checkpoint.npz",
        "config.toml",
        "layers.jsonl",
        "lock",
        "metrics.jsonl",
    ]
    assert read_config(path / "config.toml").hyperparameters == SPIRAL
    metrics = read_metrics(path / "metrics.jsonl")
    assert metrics.damaged_lines == 0
    assert [event.event for event in metrics.events] == ["started", "finished"]
    last = trainer.evaluations.points()[-1]
    assert (metrics.points[-1].iteration, metrics.points[-1].test) == (40, last.test)
    summary = summary_of(path)
    assert (summary.state, summary.iteration, summary.test, summary.fault) == (
        StoredState.FINISHED,
        40,
        last.test,
        "",
    )


def test_a_run_that_goes_on_without_a_checkpoint_has_none_saved_until_it_is_written(
    world: World,
) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 10)
    recorder.save(trainer, "interrupted")
    assert recorder.saved_iteration == 10
    recorder.close()
    (path,) = run_paths(world.runs)
    trainer, recorder = resumed(world, path)
    assert (trainer.iteration, recorder.saved_iteration) == (10, 10)
    recorder.close()
    (path / "checkpoint.npz").unlink()
    trainer, recorder = resumed(world, path)
    assert (trainer.iteration, recorder.saved_iteration) == (0, None)
    train(trainer, recorder, world.clock)
    recorder.save(trainer, resting_event(trainer))
    assert recorder.saved_iteration == 40
    recorder.close()


def test_checkpoints_come_soon_then_every_five_seconds_or_less_often_if_they_take_long(
    world: World,
) -> None:
    written: list[float] = []

    class SlowFiles(RunFiles):
        def replace(self, path: Path, write: object) -> None:
            super().replace(path, write)  # type: ignore[arg-type]
            if path.name == "checkpoint.npz":
                written.append(world.clock.seconds)
                world.clock.seconds += took

    took = 0.01
    world.files = SlowFiles()  # type: ignore[assignment]
    trainer, recorder = Trainer(replace(SPIRAL, iterations=300), SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 100)
    assert written[0] - 100.0 < 2.0
    gaps = [after - before for before, after in pairwise(written)]
    assert len(gaps) >= 8
    wanted = [1.0, 2.0, 4.0] + [5.0] * (len(gaps) - 3)
    assert gaps == pytest.approx(wanted, abs=0.5)
    took = 0.5
    written.clear()
    train(trainer, recorder, world.clock)
    gaps = [after - before for before, after in pairwise(written)]
    assert gaps
    assert all(50.0 <= gap < 51 for gap in gaps)
    recorder.close()


def test_metrics_of_a_run_of_a_week_stay_small(world: World) -> None:
    trainer, recorder = Trainer(replace(SPIRAL, iterations=10_000), SPIRAL_DATA), world.recorder()
    # The checkpoints are not what is looked at here.
    recorder._next_checkpoint = float("inf")
    train(trainer, recorder, world.clock, seconds=7 * 24 * 3600 / 12_000)
    assert world.clock.seconds > 5 * 24 * 3600
    size = (run_paths(world.runs)[0] / "metrics.jsonl").stat().st_size
    assert size < 10**6
    recorder.close()


LONGER = replace(SPIRAL, iterations=3000)


def points_of(path: Path) -> list[MetricsPoint]:
    """Return a stored run's points without the times, in which runs may differ."""
    return [replace(p, elapsed=0.0) for p in read_metrics(path / "metrics.jsonl").points]


def points_of_longer(world: World, seconds: float) -> list[MetricsPoint]:
    trainer, recorder = Trainer(LONGER, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, seconds=seconds)
    recorder.save(trainer, "finished")
    recorder.close()
    return points_of(run_paths(world.runs)[-1])


def test_points_are_the_same_at_any_speed_and_each_has_its_loss(world: World) -> None:
    points = points_of_longer(world, 1e-6)
    assert points == points_of_longer(world, 1e-4) == points_of_longer(world, 3e-3)
    trainer, losses = Trainer(LONGER, SPIRAL_DATA), [0.0]
    while not trainer.finished:
        trainer.work()
        if trainer.iteration == len(losses):
            assert trainer.loss is not None
            losses.append(trainer.loss)
    assert (points[0].iteration, points[0].loss, points[0].mean_loss) == (0, None, None)
    for before, point in pairwise(points):
        assert point.loss == losses[point.iteration]
        since = losses[before.iteration + 1 : point.iteration + 1]
        assert point.mean_loss == pytest.approx(sum(since) / len(since))
    evaluated = [p.iteration for p in points if p.test is not None]
    assert evaluated == [p.iteration for p in trainer.evaluations.points()]
    assert [p.iteration for p in points[:129]] == list(range(129))
    assert all(b.iteration - a.iteration <= b.iteration / 64 + 1 for a, b in pairwise(points))
    assert len(points) < 500


def test_a_run_that_was_killed_and_resumed_has_the_points_of_one_that_was_not(
    world: World,
) -> None:
    whole = points_of_longer(world, 1e-2)
    for stop in (700, 1100, 2222):
        trainer, recorder = Trainer(LONGER, SPIRAL_DATA), world.recorder()
        train(trainer, recorder, world.clock, until=lambda t: t.iteration >= stop, seconds=1e-2)  # noqa: B023 - called at once
        recorder.close()
        path = run_paths(world.runs)[-1]
        again, recorder = resumed(world, path)
        resumed_at = again.iteration
        assert 0 < resumed_at < stop
        train(again, recorder, world.clock, seconds=1e-2)
        recorder.save(again, "finished")
        recorder.close()
        points = points_of(path)
        # The mean of the first point after that is of what came after the checkpoint alone.
        first = next(n for n, p in enumerate(whole) if p.iteration > resumed_at)
        assert replace(points[first], mean_loss=None) == replace(whole[first], mean_loss=None)
        points[first] = whole[first]
        assert points == whole


def test_a_quiet_run_has_a_point_a_second(world: World) -> None:
    trainer, recorder = Trainer(LONGER, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, seconds=0.1)
    recorder.close()
    (path,) = run_paths(world.runs)
    times = [point.elapsed for point in read_metrics(path / "metrics.jsonl").points]
    assert max(after - before for before, after in pairwise(times)) < 1.5


def test_a_killed_run_goes_on_from_its_checkpoint_or_its_start(world: World) -> None:
    straight = finish(Trainer(SPIRAL, SPIRAL_DATA))
    for stop in (1, 5, 20, 33):
        trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
        train(trainer, recorder, world.clock, until=lambda t: t.iteration >= stop)  # noqa: B023 - called at once
        # As a kill leaves it: nothing is saved, the lock is gone.
        recorder.close()
        path = run_paths(world.runs)[-1]
        assert summary_of(path).state is StoredState.INTERRUPTED
        again, recorder = resumed(world, path)
        assert again.iteration >= stop - 5.0 / 0.4 - 1
        train(again, recorder, world.clock)
        recorder.save(again, "finished")
        recorder.close()
        assert bits(again) == bits(straight)
        assert again.snapshot().views["loss_curve"] == straight.snapshot().views["loss_curve"]
        assert again.evaluations.points() == straight.evaluations.points()
        metrics = read_metrics(path / "metrics.jsonl")
        assert [event.event for event in metrics.events] == ["started", "resumed", "finished"]
        assert metrics.damaged_lines == 0


def test_looking_at_a_finished_run_leaves_it_as_it_was(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    recorder.close()
    (path,) = run_paths(world.runs)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    again, recorder = resumed(world, path)
    again.work()
    recorder.record(again)
    recorder.save(again, "interrupted")
    recorder.close()
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


@pytest.mark.parametrize("made", [0, 1, 2])
def test_a_change_at_rest_is_in_the_configuration_or_among_the_events(
    world: World, made: int
) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= made)
    recorder.record(trainer)
    trainer.apply_live(replace(SPIRAL, learning_rate=0.25))
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 5)
    recorder.save(trainer, "paused")
    recorder.close()
    (path,) = run_paths(world.runs)
    started_with = read_config(path / "config.toml").hyperparameters.learning_rate
    events = [e.event for e in read_metrics(path / "metrics.jsonl").events]
    if made:
        assert (started_with, events) == (SPIRAL.learning_rate, ["started", "changed", "paused"])
    else:
        assert (started_with, events) == (0.25, ["started", "paused"])


def test_live_changes_are_noted_and_survive(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 10)
    trainer.apply_live(replace(SPIRAL, learning_rate=0.5, iterations=60))
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 12)
    recorder.save(trainer, "paused")
    recorder.close()
    (path,) = run_paths(world.runs)
    assert read_config(path / "config.toml").hyperparameters == SPIRAL
    (changed,) = (e for e in read_metrics(path / "metrics.jsonl").events if e.event == "changed")
    assert changed.iteration in (10, 11, 12)
    live = {"learning_rate": 0.5, "batch_size": SPIRAL.batch_size, "iterations": 60}
    assert changed.hyperparameters == live
    run = load_run(path, load_dataset)
    assert run.trainer.hyperparameters == replace(SPIRAL, learning_rate=0.5, iterations=60)
    assert run.elapsed > 0
    assert bits(finish(run.trainer)) == bits(finish(trainer))


def test_a_run_that_diverged_keeps_the_checkpoint_from_before(world: World) -> None:
    wild = replace(SPIRAL, hidden=(20, 20, 20), weight_std=3.0, learning_rate=0.0)
    trainer, recorder = Trainer(wild, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
    trainer.apply_live(replace(wild, learning_rate=1e6))
    train(trainer, recorder, world.clock, seconds=0.01)
    assert trainer.non_finite is not None
    recorder.save(trainer, resting_event(trainer))
    recorder.save(trainer, resting_event(trainer))
    recorder.close()
    (path,) = run_paths(world.runs)
    assert summary_of(path).state is StoredState.DIVERGED
    events = [event.event for event in read_metrics(path / "metrics.jsonl").events]
    assert events == ["started", "changed", "diverged"]
    state = read_checkpoint(path / "checkpoint.npz")
    assert state.values["iteration"] <= 20
    assert state.values["non_finite"] is None


def test_data_that_changed_are_noticed(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    recorder.close()

    def fewer(name: str, target: str) -> Dataset:
        data = load_dataset(name)
        return replace(data, x_train=data.x_train[:-1], t_train=data.t_train[:-1])

    with pytest.raises(RunError, match="dataset spiral: has changed since the run was started"):
        load_run(run_paths(world.runs)[0], fewer)


@pytest.mark.parametrize("room", [0, 10, 300, 800, 5000, 30_000])
def test_training_goes_on_over_a_full_disk_and_saves_again_when_it_can(
    world: World, room: int
) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    world.files.fault, world.files.room = disk_full(), room
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 30)
    assert recorder.problem == "not saved: No space left on device"
    world.files.fault = None
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    recorder.close()
    assert recorder.problem == ""
    (path,) = run_paths(world.runs)
    metrics = read_metrics(path / "metrics.jsonl")
    assert metrics.damaged_lines == 0
    assert metrics.points[-1].iteration == 40
    assert bits(load_run(path, load_dataset).trainer) == bits(finish(Trainer(SPIRAL, SPIRAL_DATA)))


def test_a_disk_that_fills_up_later_costs_nothing_that_was_saved(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
    (path,) = run_paths(world.runs)
    before = (path / "checkpoint.npz").read_bytes()
    for room in (0, 7, 1000, 20_000):
        world.files.fault, world.files.room = disk_full(), room
        recorder.save(trainer, "paused")
        assert recorder.problem == "not saved: No space left on device"
        assert (path / "checkpoint.npz").read_bytes() == before
        assert not list(path.glob("*.new"))
    world.files.fault = None
    recorder.save(trainer, "paused")
    assert recorder.problem == ""
    assert read_metrics(path / "metrics.jsonl").damaged_lines == 0
    recorder.close()


@pytest.mark.parametrize(
    ("number", "text"),
    [(errno.EROFS, "Read-only file system"), (errno.EACCES, "Permission denied")],
)
def test_the_reason_is_named(world: World, number: int, text: str) -> None:
    world.files.fault = OSError(number, text)
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    recorder.save(trainer, "finished")
    assert recorder.problem == f"not saved: {text}"
    assert bits(trainer) == bits(finish(Trainer(SPIRAL, SPIRAL_DATA)))


def test_a_file_where_the_runs_belong(world: World) -> None:
    world.runs.parent.mkdir()
    world.runs.touch()
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    assert recorder.problem == "not saved: File exists"


def test_a_run_whose_directory_is_removed_trains_on(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 10)
    shutil.rmtree(world.runs)
    train(trainer, recorder, world.clock)
    assert recorder.problem == "not saved: No such file or directory"
    recorder.close()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs file size limits")
def test_a_real_limit_of_the_system(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
    (path,) = run_paths(world.runs)
    before = (path / "checkpoint.npz").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        recorder.save(trainer, "paused")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert recorder.problem == "not saved: File too large"
    assert (path / "checkpoint.npz").read_bytes() == before
    recorder.save(trainer, "paused")
    assert recorder.problem == ""
    recorder.close()


def test_the_configuration_is_what_the_first_iteration_used(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: not t.evaluating, seconds=0.001)
    first = replace(SPIRAL, learning_rate=0.25)
    trainer.apply_live(first)
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 3, seconds=0.001)
    trainer.apply_live(replace(SPIRAL, learning_rate=0.5))
    train(trainer, recorder, world.clock)
    recorder.close()
    (path,) = run_paths(world.runs)
    assert read_config(path / "config.toml").hyperparameters == first
    events = [event.event for event in read_metrics(path / "metrics.jsonl").events]
    assert events == ["started", "changed"]
    assert read_metrics(path / "metrics.jsonl").points[0].iteration == 0
