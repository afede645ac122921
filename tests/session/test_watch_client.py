"""A watched run: told when asked, when it has changed; every command that changes it refused."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs.stored_runs import SPIRAL, SPIRAL_DATA, World, train
from tests.support.processes import wait_until
from tests.support.scripted_worker import DIVERGING
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.location import run_paths
from tui_backprop.runs.recorder import RunRecorder, resting_event
from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    Event,
    LimitSpeed,
    Pause,
    Refusal,
    Refused,
    Resume,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    Watching,
)
from tui_backprop.session.walkthrough_messages import CommitTrace, TakeTrace
from tui_backprop.session.watch_client import WatchClient
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.training.views.registry import LAYERS, LOSS_CURVE


class Watch:
    """A run that the test trains, and a client that watches it."""

    def __init__(self, runs: Path, settings: Hyperparameters = SPIRAL, until: int = 10) -> None:
        self.world = World(runs)
        self.trainer = Trainer(settings, SPIRAL_DATA)
        self.recorder: RunRecorder = self.world.recorder()
        self.train(until)
        (path,) = run_paths(runs)
        self.client = WatchClient(RunFollower(path, self.world.clock))
        self.events: list[Event] = []
        self.client.start(self.events.append)

    def train(self, iterations: int) -> None:
        train(
            self.trainer,
            self.recorder,
            self.world.clock,
            until=lambda t: t.iteration >= iterations,
            seconds=1.1,
        )

    def rest(self) -> None:
        self.recorder.save(self.trainer, resting_event(self.trainer))
        self.recorder.close()

    @property
    def snapshots(self) -> list[SessionSnapshot]:
        return [event.snapshot for event in self.events if isinstance(event, SnapshotTaken)]

    def waits_for(self, iteration: int) -> SessionSnapshot:
        """Wait until so many iterations are told."""
        assert wait_until(
            lambda: any(s.training.iteration >= iteration for s in list(self.snapshots))
        )
        return self.snapshots[-1]


def is_silent(watch: Watch) -> bool:
    watched = watch.snapshots[-1].watched
    return watched is not None and watched.silent_seconds > 0


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path / "runs")
    yield watch
    watch.client.close()
    watch.recorder.close()
    assert all(thread.name != "watch" for thread in threading.enumerate())


def test_the_first_snapshot_comes_unasked(watch: Watch) -> None:
    first = watch.waits_for(1)
    assert (first.state, first.watched, first.not_saved) == (
        RunState.RUNNING,
        Watching(trained=True),
        "",
    )
    assert first.run_id == watch.recorder.run_id


def test_while_it_trains_the_screen_sets_the_pace(watch: Watch) -> None:
    watch.waits_for(1)
    watch.train(20)
    assert not wait_until(lambda: len(watch.snapshots) > 1, timeout=0.8)
    watch.client.send(TakeSnapshot())
    assert watch.waits_for(19).training.iteration <= 20
    answers = [event for event in watch.events if isinstance(event, SnapshotTaken)]
    assert [answer.requested for answer in answers] == [False, True]


def test_the_end_comes_unasked(watch: Watch) -> None:
    watch.client.send(TakeSnapshot())
    watch.waits_for(1)
    watch.client.send(TakeSnapshot())
    watch.train(SPIRAL.iterations)
    while watch.trainer.evaluating:
        watch.trainer.work()
    watch.rest()
    assert wait_until(lambda: watch.snapshots[-1].state is RunState.FINISHED)
    watch.world.clock.seconds += 5
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(trained=False))
    assert watch.snapshots[-1].training == watch.trainer.snapshot()


@pytest.mark.parametrize("view", [LAYERS, LOSS_CURVE])
def test_at_rest_what_is_looked_at_later_is_told_too(watch: Watch, view: str) -> None:
    watch.waits_for(1)
    watch.rest()
    watch.world.clock.seconds += 5
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(trained=False))
    assert not watch.snapshots[-1].training.views, "nobody has asked for any"
    watch.client.send(TakeSnapshot(frozenset({view})))
    assert wait_until(lambda: watch.snapshots[-1].training.views.keys() == {view})


@pytest.mark.parametrize(
    "command",
    [
        *(Start(SPIRAL), Resume("latest"), Run(), RunIterations(1), RunToEpochEnd(), Pause()),
        *(ApplyLive("learning_rate", 0.1), LimitSpeed(1), TakeTrace(), CommitTrace(1)),
    ],
    ids=lambda command: type(command).__name__,
)
def test_whatever_would_change_the_run_is_refused(watch: Watch, command: Command) -> None:
    before = watch.waits_for(1)
    watch.client.send(command)
    assert wait_until(lambda: Refused("", "", Refusal.READ_ONLY) in watch.events)
    assert watch.snapshots[-1] == before


def test_a_run_that_diverged(tmp_path: Path) -> None:
    watch = Watch(tmp_path, DIVERGING, until=DIVERGING.iterations)
    try:
        assert wait_until(lambda: bool(watch.snapshots))
        watch.rest()
        assert wait_until(lambda: watch.snapshots[-1].state is RunState.STOPPED)
        assert watch.snapshots[-1].training.non_finite == watch.trainer.non_finite
    finally:
        watch.client.close()


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_was_stopped_or_killed_is_interrupted(watch: Watch, told: bool) -> None:
    watch.waits_for(1)
    if told:
        watch.recorder.save(watch.trainer, "interrupted")
    watch.recorder.close()
    watch.world.clock.seconds += 5
    watch.client.send(TakeSnapshot())
    assert wait_until(lambda: watch.snapshots[-1].state is RunState.INTERRUPTED)
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(trained=False))


def test_a_run_that_is_held_but_shows_no_sign_of_life(watch: Watch) -> None:
    watch.waits_for(1)
    watch.client.send(TakeSnapshot())
    assert wait_until(lambda: len(watch.snapshots) == 2)
    watch.client.send(TakeSnapshot())
    watch.world.clock.seconds += 9
    assert not wait_until(lambda: is_silent(watch), timeout=0.6)
    watch.world.clock.seconds += 3.5
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(True, 12))
    assert watch.snapshots[-1].iterations_per_second is None
    watch.client.send(TakeSnapshot())
    watch.world.clock.seconds += 60
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(True, 72))
    watch.client.send(TakeSnapshot())
    watch.train(12)
    assert wait_until(lambda: watch.snapshots[-1].watched == Watching(trained=True))


def test_an_evaluation_that_takes_long_is_life(watch: Watch) -> None:
    lock = run_paths(watch.world.runs)[0] / "lock"
    os.utime(lock, (1, 1))
    watch.recorder.record(watch.trainer)
    watch.world.clock.seconds += 1
    watch.recorder.record(watch.trainer)
    assert lock.stat().st_mtime > 1


def test_a_run_at_rest_is_paused_however_long(watch: Watch) -> None:
    watch.waits_for(1)
    watch.recorder.save(watch.trainer, "paused")
    watch.client.send(TakeSnapshot())
    assert wait_until(lambda: watch.snapshots[-1].state is RunState.PAUSED)
    watch.client.send(TakeSnapshot())
    watch.world.clock.seconds += 500
    assert not wait_until(lambda: is_silent(watch), timeout=0.6)
