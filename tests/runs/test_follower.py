"""Following a run from its files alone: what is shown is the trainer's, and nothing is touched."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.stored_runs import SPIRAL, SPIRAL_DATA, World, train
from tests.support.scripted_worker import DIVERGING
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.followed_curve import with_later_points
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.format.metrics import MetricsPoint, metrics_line
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.recorder import RunRecorder, resting_event
from tui_backprop.runs.resuming import load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.training.curve import Curve
from tui_backprop.training.series import CAPACITY
from tui_backprop.training.trainer import Trainer

Recorded = tuple[Trainer, RunRecorder]


def recorded(
    world: World, iterations: int, *, seconds: float = 0.4, planned: int = SPIRAL.iterations
) -> Recorded:
    settings = SPIRAL.with_value("iterations", planned)
    trainer, recorder = Trainer(settings, SPIRAL_DATA), world.recorder()
    train(
        trainer,
        recorder,
        world.clock,
        until=lambda t: t.iteration >= iterations and not t.evaluating,
        seconds=seconds,
    )
    return trainer, recorder


def follower(world: World) -> RunFollower:
    (path,) = run_paths(world.runs)
    return RunFollower(path, world.clock)


def test_a_finished_run_is_shown_as_its_trainer_shows_it(world: World) -> None:
    trainer, recorder = recorded(world, SPIRAL.iterations)
    recorder.save(trainer, resting_event(trainer))
    recorder.close()
    run = follower(world)
    assert run.read_on()
    assert run.snapshot() == trainer.snapshot()
    assert (run.last_event, run.trained, run.fault) == ("finished", False, "")
    assert run.iteration == SPIRAL.iterations
    assert not run.read_on()


def test_a_run_under_way_is_followed_from_point_to_point(world: World) -> None:
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    run, seen = None, []
    while not trainer.finished:
        trainer.work()
        world.clock.seconds += 0.4
        recorder.record(trainer)
        if run is None and run_paths(world.runs):
            run = follower(world)
        if run is not None and run.read_on():
            shown = run.snapshot()
            assert run.last_event in {"", "started"}
            assert run.trained
            assert shown.iteration <= trainer.iteration
            seen.append(shown)
    iterations = [shown.iteration for shown in seen]
    assert iterations == sorted(iterations)
    assert len(set(iterations)) > 10
    assert all(
        shown.views["layers"] and shown.loss is not None for shown in seen if shown.iteration
    )
    assert all(len(shown.views["loss_curve"].mean) == shown.iteration for shown in seen)
    assert run is not None
    # Iterations take 0.4 seconds each, the evaluations among them as long.
    assert run.rate is not None
    assert 0.8 < run.rate <= 2.5 + 1e-9
    recorder.close()


def test_before_the_first_checkpoint_the_curve_is_right_from_its_start(world: World) -> None:
    trainer, recorder = recorded(world, 1900, seconds=1e-4, planned=3000)
    run = follower(world)
    run.read_on()
    assert not (run_paths(world.runs)[0] / "checkpoint.npz").exists()
    shown, true = run.snapshot(), trainer.snapshot()
    assert true.iteration - 500 < shown.iteration <= true.iteration
    assert shown.views["layers"]
    assert shown.views["loss_curve"].width == true.views["loss_curve"].width == 4
    count = len(shown.views["loss_curve"].mean)
    assert count == -(-shown.iteration // 4)
    dense = 128 // 4
    for part, wanted in zip(
        shown.views["loss_curve"][1:], true.views["loss_curve"][1:], strict=True
    ):
        assert part[:dense] == pytest.approx(wanted[:dense])
    for end in (100, 200, count):
        newest = shown.views["loss_curve"].mean[end - 40 : end]
        assert sum(newest) == pytest.approx(
            sum(true.views["loss_curve"].mean[end - 40 : end]), rel=0.02
        )
    recorder.close()


def test_between_checkpoints_the_points_stand_for_what_came_since(world: World) -> None:
    trainer, recorder = recorded(world, 20)
    recorder.save(trainer, "paused")
    run = follower(world)
    run.read_on()
    checkpointed = run.snapshot()
    assert checkpointed == trainer.snapshot()
    assert run.last_event == "paused"
    train(trainer, recorder, world.clock, until=lambda t: t.iteration == 24, seconds=1.1)
    assert run.read_on()
    shown = run.snapshot()
    assert (shown.iteration, shown.loss) == (24, trainer.loss)
    assert shown.views["loss_curve"].mean[:20] == checkpointed.views["loss_curve"].mean
    assert shown.views["loss_curve"].mean[23] == trainer.loss
    assert shown.views["layers"] == trainer.layer_rows() != checkpointed.views["layers"]
    assert run.last_event == ""
    recorder.close()


def test_a_live_change_is_shown_before_the_next_checkpoint(world: World) -> None:
    trainer, recorder = recorded(world, 20)
    recorder.save(trainer, "paused")
    (path,) = run_paths(world.runs)
    checkpoint = (path / "checkpoint.npz").read_bytes()
    run = follower(world)
    run.read_on()
    changed = replace(trainer.hyperparameters, learning_rate=0.01, iterations=90)
    trainer.apply_live(changed)
    train(trainer, recorder, world.clock, until=lambda t: t.iteration == 21, seconds=0.1)
    recorder._writer.close()
    (path / "checkpoint.npz").write_bytes(checkpoint)
    assert run.read_on()
    assert run.snapshot().hyperparameters == changed
    again = follower(world)
    again.read_on()
    assert again.snapshot().hyperparameters == changed


def test_a_change_that_was_lost_with_its_iterations_is_not_shown(world: World) -> None:
    trainer, recorder = recorded(world, 20)
    recorder.save(trainer, "paused")
    (path,) = run_paths(world.runs)
    checkpoint = (path / "checkpoint.npz").read_bytes()
    trainer.apply_live(replace(trainer.hyperparameters, learning_rate=0.01))
    train(trainer, recorder, world.clock, until=lambda t: t.iteration == 30)
    # As a kill leaves it.
    recorder.close()
    (path / "checkpoint.npz").write_bytes(checkpoint)
    directory = RunDirectory.open(path, world.files)
    again = load_run(path, load_dataset)
    recorder = RunRecorder(world.storage, lambda: again.elapsed, directory, again)
    assert again.trainer.hyperparameters == SPIRAL
    train(again.trainer, recorder, world.clock, until=lambda t: t.iteration == 22, seconds=0.1)
    run = follower(world)
    run.read_on()
    assert run.snapshot().hyperparameters == SPIRAL
    recorder.close()


def test_of_an_old_run_that_was_resumed_the_checkpoint_tells_the_settings(world: World) -> None:
    trainer, recorder = recorded(world, 20)
    recorder.save(trainer, "paused")
    recorder.close()
    (path,) = run_paths(world.runs)
    live: dict[str, Any] = {"learning_rate": 0.01, "batch_size": 3, "iterations": 99}
    changed = {"event": "changed", "iteration": 24, "time": "", **live}
    resumed = {"event": "resumed", "iteration": 20, "time": ""}
    for events, wanted in (
        ([changed], replace(SPIRAL, **live)),
        ([changed, resumed], SPIRAL),
        ([changed, resumed, changed], replace(SPIRAL, **live)),
    ):
        before = (path / "metrics.jsonl").read_bytes()
        with (path / "metrics.jsonl").open("ab") as file:
            file.write(b"".join(map(metrics_line, events)))
        run = follower(world)
        run.read_on()
        assert run.snapshot().hyperparameters == wanted
        (path / "metrics.jsonl").write_bytes(before)


def test_following_writes_nothing_and_keeps_nobody_from_the_run(world: World) -> None:
    trainer, recorder = recorded(world, 10)
    recorder.save(trainer, "interrupted")
    recorder.close()
    (path,) = run_paths(world.runs)
    before = {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.iterdir()}
    path.chmod(0o500)
    try:
        runs = [follower(world) for _ in range(3)]
        for run in runs:
            run.read_on()
            assert run.snapshot() == trainer.snapshot()
    finally:
        path.chmod(0o700)
    after = {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in path.iterdir()}
    assert after == before
    RunDirectory.open(path, world.files).close()


def test_the_end_of_whoever_trains_is_noticed(world: World) -> None:
    _, recorder = recorded(world, 10)
    run = follower(world)
    run.read_on()
    assert run.trained
    recorder.close()
    world.clock.seconds += 5
    assert run.read_on()
    assert not run.trained
    assert run.last_event in {"", "started"}


def test_what_was_lost_and_is_made_again_does_not_count(world: World) -> None:
    _, recorder = recorded(world, 30)
    run = follower(world)
    run.read_on()
    (path,) = run_paths(world.runs)
    (path / "checkpoint.npz").unlink()
    at = 12
    event = {"event": "resumed", "iteration": at, "time": "2026-11-23T18:22:07Z"}
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(metrics_line(event))
    run = follower(world)
    assert run.read_on()
    assert run.snapshot().iteration <= at
    recorder.close()


def test_a_line_under_way_waits_and_one_taken_back_is_forgotten(world: World) -> None:
    trainer, recorder = recorded(world, 10)
    run = follower(world)
    run.read_on()
    known = run.snapshot()
    (path,) = run_paths(world.runs)
    metrics = path / "metrics.jsonl"
    size = metrics.stat().st_size
    with metrics.open("ab") as file:
        file.write(b'{"iteration": 35, "epoch": 1')
    run.read_on()
    assert run.snapshot() == known
    os.truncate(metrics, size)
    run.read_on()
    assert run.snapshot() == known
    recorder.save(trainer, "paused")
    run.read_on()
    assert run.snapshot() == trainer.snapshot()
    recorder.close()


def test_why_it_diverged_is_shown(world: World) -> None:
    trainer, recorder = Trainer(DIVERGING, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock)
    assert trainer.non_finite is not None
    recorder.save(trainer, resting_event(trainer))
    recorder.close()
    run = follower(world)
    run.read_on()
    assert run.snapshot().non_finite == trainer.non_finite
    assert run.last_event == "diverged"


@pytest.mark.parametrize("damage", ["short", "flipped", "empty", "pickle"])
def test_a_damaged_checkpoint_is_told_and_the_rest_shown(world: World, damage: str) -> None:
    trainer, recorder = recorded(world, SPIRAL.iterations)
    recorder.save(trainer, resting_event(trainer))
    recorder.close()
    (path,) = run_paths(world.runs)
    checkpoint = path / "checkpoint.npz"
    content = checkpoint.read_bytes()
    place = content.index(b"losses/mean.npy") + 300
    changed = {
        "short": content[:-200],
        "flipped": content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :],
        "empty": b"",
        "pickle": b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.",
    }
    checkpoint.write_bytes(changed[damage])
    run = follower(world)
    run.read_on()
    assert run.fault.startswith(f"{checkpoint}: ")
    assert "\n" not in run.fault
    shown = run.snapshot()
    assert shown.iteration == SPIRAL.iterations
    assert len(shown.views["loss_curve"].mean) == SPIRAL.iterations
    assert shown.views["evaluations"][-1] == trainer.snapshot().views["evaluations"][-1]
    assert not run.read_on()
    checkpoint.write_bytes(content)
    assert run.read_on()
    assert (run.fault, run.snapshot()) == ("", trainer.snapshot())


def test_metrics_that_are_no_file_are_told_and_the_rest_shown(world: World) -> None:
    trainer, recorder = recorded(world, SPIRAL.iterations)
    recorder.save(trainer, resting_event(trainer))
    recorder.close()
    (path,) = run_paths(world.runs)
    (path / "metrics.jsonl").unlink()
    (path / "metrics.jsonl").mkdir()
    run = follower(world)
    run.read_on()
    assert run.fault.endswith("metrics.jsonl: not a regular file")
    assert run.snapshot().views["loss_curve"] == trainer.snapshot().views["loss_curve"]


def test_without_a_configuration_there_is_nothing_to_follow(world: World, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"config\.toml: No such file"):
        RunFollower(tmp_path, world.clock)


POINTS = st.lists(
    st.tuples(st.integers(1, 2**62), *[st.none() | st.floats(0, 1e308)] * 2), max_size=12
).map(
    lambda rows: [
        MetricsPoint(iteration, 0.0, loss, mean, None, None, 0.0)
        for iteration, loss, mean in sorted(rows, key=lambda row: row[0])
    ]
)


@given(POINTS, st.integers(0, 300), st.sampled_from([1, 4, 2**40]))
def test_any_points_make_a_curve_of_bounded_length(
    points: list[MetricsPoint], made: int, width: int
) -> None:
    used = -(-made // width)
    curve = Curve(width, (1.0,) * used, (0.5,) * used, (2.0,) * used)
    longer = with_later_points(curve, made, points)
    assert len(longer.mean) == len(longer.low) == len(longer.high) <= CAPACITY
    last = max((p.iteration for p in points if p.loss is not None), default=0)
    if last > made:
        assert len(longer.mean) == -(-last // longer.width)
    else:
        assert longer == curve
    assert all(
        low <= mean <= high for mean, low, high in zip(*longer[1:], strict=True) if mean < 1e300
    )
