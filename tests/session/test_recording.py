"""The worker keeps its runs on disk, goes on with them, and says when it cannot."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.runs.stored_runs import World, disk_full
from tests.support.processes import wait_until
from tests.support.scripted_worker import DIVERGING, SPIRAL, ScriptedWorker
from tests.training.runs import bits, finish
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.format.checkpoint import read_checkpoint
from tui_backprop.runs.format.metrics import MetricsPoint, read_metrics
from tui_backprop.runs.listing import StoredState, summary_of
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.lock import is_locked
from tui_backprop.session.client import ProcessClient
from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    Event,
    Refused,
    Resume,
    Run,
    RunIterations,
    RunState,
    SnapshotTaken,
    Start,
)
from tui_backprop.session.walkthrough_messages import CommitTrace, TakeTrace
from tui_backprop.session.worker import Inbox, Worker
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


def recording(world: World) -> ScriptedWorker:
    scripted = ScriptedWorker()
    scripted.worker = Worker(
        cast(Inbox, scripted), scripted._send, lambda: scripted.now, world.storage
    )
    return scripted


def straight(hyperparameters: Hyperparameters = SPIRAL) -> bytes:
    return bits(finish(Trainer(hyperparameters, load_dataset(hyperparameters.dataset))))


def test_a_run_that_never_began_leaves_nothing(world: World) -> None:
    worker = recording(world)
    worker.say(Start(SPIRAL), None)
    worker.play()
    assert not world.runs.exists()


def test_a_paused_run_goes_on_in_another_process_bit_for_bit(world: World) -> None:
    first = recording(world)
    first.say(Start(SPIRAL), RunIterations(17), None)
    first.play()
    (path,) = run_paths(world.runs)
    assert summary_of(path).state is StoredState.PAUSED
    second = recording(world)
    second.say(Resume("latest"), Run(), None)
    second.play()
    assert second.snapshots[0].training.iteration == 17
    assert second.snapshots[0].run_id == path.name
    assert bits(second.trainer) == straight()
    assert summary_of(path).state is StoredState.FINISHED
    assert not is_locked(path)


def test_a_run_that_is_driven_by_hand_has_the_points_of_one_that_is_not(tmp_path: Path) -> None:
    tables: list[list[MetricsPoint]] = []
    for commands in (
        (Run(),),
        (RunIterations(7), TakeTrace(), *(CommitTrace(n) for n in range(8, 25)), Run()),
    ):
        world = World(tmp_path / str(len(tables)))
        worker = recording(world)
        worker.say(Start(SPIRAL), *commands, None)
        worker.play()
        (path,) = run_paths(world.runs)
        points = read_metrics(path / "metrics.jsonl").points
        assert [p.iteration for p in points] == list(range(SPIRAL.iterations + 1))
        assert all(p.loss is not None for p in points[1:])
        assert sum(p.test is not None for p in points) == 7
        tables.append([replace(p, elapsed=0.0) for p in points])
    assert tables[0] == tables[1]


def test_a_step_is_saved_without_anything_else_being_done(world: World) -> None:
    worker = recording(world)
    worker.say(Start(SPIRAL), TakeTrace(), CommitTrace(1))
    worker.say(CommitTrace(2), None, seconds=3.0)
    worker.play()
    (path,) = run_paths(world.runs)
    first = next(s for s in worker.snapshots if s.training.iteration == 1)
    assert first.run_id == path.name
    events = [(e.event, e.iteration) for e in read_metrics(path / "metrics.jsonl").events]
    assert events == [("started", 0), ("paused", 1), ("paused", 2)]


def test_a_reset_saves_the_run_there_was_and_begins_another(world: World) -> None:
    worker = recording(world)
    worker.say(Start(SPIRAL), RunIterations(5), Start(SPIRAL), Run(), None)
    worker.play()
    first, second = (summary_of(path) for path in run_paths(world.runs))
    assert (first.state, first.iteration) == (StoredState.PAUSED, 5)
    assert (second.state, second.iteration) == (StoredState.FINISHED, SPIRAL.iterations)


def crash_at_rest(worker: ScriptedWorker) -> None:
    """Play the script, and end the worker with no chance to save once it waits for more."""
    worker.say(Command())
    with pytest.raises(TypeError, match="unknown command"):
        worker.play()


def test_what_is_committed_on_the_step_screen_is_kept(world: World) -> None:
    worker = recording(world)
    worker.say(Start(SPIRAL), TakeTrace(), CommitTrace(1), CommitTrace(2))
    crash_at_rest(worker)
    (path,) = run_paths(world.runs)
    assert read_checkpoint(path / "checkpoint.npz").values["iteration"] == 2


def test_a_run_that_diverged_goes_back_to_its_last_checkpoint(world: World) -> None:
    calm = replace(DIVERGING, learning_rate=0.0)
    worker = recording(world)
    worker.say(Start(calm), RunIterations(10), None)
    worker.play()
    (path,) = run_paths(world.runs)
    wild = recording(world)
    wild.say(Resume(path.name), ApplyLive("learning_rate", 1e6), Run())
    wild.say(Resume(path.name), None)
    wild.play()
    assert RunState.STOPPED in wild.states
    assert wild.snapshots[-1].state is RunState.PAUSED
    assert wild.snapshots[-1].training.iteration == 10
    assert wild.snapshots[-1].training.hyperparameters == calm
    assert read_checkpoint(path / "checkpoint.npz").values["iteration"] == 10


def test_a_run_that_cannot_be_resumed_leaves_the_one_there_is(world: World) -> None:
    worker = recording(world)
    worker.say(Start(SPIRAL), RunIterations(5), Resume("\x1b[2J"), Run(), None)
    worker.play()
    (refused,) = [event for event in worker.events if isinstance(event, Refused)]
    assert refused.field == ""
    assert refused.cause.startswith(r"no run '\\x1b[2J' in ")
    assert bits(worker.trainer) == straight()


def test_a_full_disk_is_told_and_tried_again(world: World) -> None:
    world.files.fault = disk_full()
    worker = recording(world)
    worker.say(Start(SPIRAL), RunIterations(5))
    worker.say(None, seconds=3.0)
    worker.play()
    assert worker.snapshots[-1].not_saved == "not saved: No space left on device"
    world.files.fault = None
    assert not run_paths(world.runs)
    again = recording(world)
    again.say(Start(SPIRAL), Run(), None)
    again.play()
    assert run_paths(world.runs)


def test_the_process_keeps_its_run_when_its_screen_goes_away(tmp_path: Path) -> None:
    events: list[Event] = []
    client = ProcessClient(tmp_path)
    client.start(events.append)
    client.send(Start(replace(SPIRAL, iterations=1_000_000_000)))
    client.send(Run())
    assert wait_until(lambda: bool(run_paths(tmp_path)))
    client.close()
    (path,) = run_paths(tmp_path)
    assert summary_of(path).state is StoredState.INTERRUPTED
    assert read_checkpoint(path / "checkpoint.npz").values["iteration"] > 0
    assert any(isinstance(event, SnapshotTaken) for event in events)
