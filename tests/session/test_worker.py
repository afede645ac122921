"""The worker: states, how far each command trains, pace, refusals, and when it reports."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.scripted_worker import SPIRAL, ScriptedWorker
from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    LimitSpeed,
    LoadingStarted,
    Pause,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    SnapshotTaken,
    Start,
    TakeSnapshot,
)


def test_loading_is_told_before_it_is_done(worker: ScriptedWorker) -> None:
    worker.play()
    assert worker.events[0] == LoadingStarted("spiral")
    assert worker.states == [RunState.READY]
    first = worker.snapshots[0].training
    assert (first.iteration, first.loss, first.net_title) == (0, None, "2-8-3")


def test_accuracies_are_known_before_the_first_iteration(worker: ScriptedWorker) -> None:
    worker.play()
    assert [point.iteration for point in worker.trainer.evaluations.points()] == [0]


def test_a_run_to_its_end(worker: ScriptedWorker) -> None:
    worker.say(Run())
    worker.play()
    assert worker.states == [RunState.READY, RunState.RUNNING, RunState.FINISHED]
    end = worker.snapshots[-1].training
    assert (end.iteration, end.finished, end.evaluating) == (60, True, False)
    assert worker.trainer.evaluations.points()[-1].iteration == 60


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_some_iterations(worker: ScriptedWorker, count: int) -> None:
    worker.say(RunIterations(count))
    worker.play()
    assert worker.trainer.iteration == min(count, 60)
    end = RunState.PAUSED if count < 60 else RunState.FINISHED
    assert worker.states == [RunState.READY, RunState.RUNNING, end]


@pytest.mark.parametrize(("before", "end"), [(0, 10), (3, 10), (9, 10), (10, 20), (55, 60)])
def test_to_the_end_of_the_epoch(worker: ScriptedWorker, before: int, end: int) -> None:
    if before:
        worker.say(RunIterations(before))
    worker.say(RunToEpochEnd())
    worker.play()
    snapshot = worker.snapshots[-1].training
    assert snapshot.iteration == end
    newest = worker.trainer.evaluations.newest
    assert newest is not None
    assert newest.iteration == end, "the epoch's evaluation belongs to it"


def test_pause_stops_between_two_iterations(worker: ScriptedWorker) -> None:
    worker.say(Run())
    worker.say(Pause(), iteration=25)
    worker.play()
    assert worker.trainer.iteration == 25
    assert worker.states[-1] is RunState.PAUSED


def test_a_new_goal_takes_the_place_of_the_old(worker: ScriptedWorker) -> None:
    worker.say(Run())
    worker.say(RunIterations(3), iteration=20)
    worker.play()
    assert worker.trainer.iteration == 23


@pytest.mark.parametrize("command", [Run(), RunIterations(1), RunToEpochEnd(), Pause()])
def test_a_finished_run_stays_finished(worker: ScriptedWorker, command: Command) -> None:
    worker.say(Run(), command)
    worker.play()
    assert worker.trainer.iteration == 60
    assert worker.states[-1] is RunState.FINISHED


@pytest.mark.parametrize(
    "command",
    [Run(), RunIterations(1), RunToEpochEnd(), Pause(), TakeSnapshot(), ApplyLive("batch_size", 5)],
)
def test_without_a_net_a_command_does_nothing(command: Command) -> None:
    worker = ScriptedWorker()
    worker.say(command, LimitSpeed(5))
    worker.play()
    assert worker.events == []


@pytest.mark.parametrize("limit", [1.0, 5.0, 300.0])
def test_iterations_come_at_the_pace_asked_for(worker: ScriptedWorker, limit: float) -> None:
    worker.say(LimitSpeed(limit), RunIterations(6))
    worker.play()
    # The first comes at once, and the sixth five intervals later.
    assert worker.now == pytest.approx(5 / limit, rel=1e-6)
    assert worker.snapshots[-1].speed_limit == limit


def test_a_slow_pace_is_waited_for_and_not_spun_on(worker: ScriptedWorker) -> None:
    worker.say(LimitSpeed(1), RunIterations(6))
    worker.play()
    timed = [wait for wait in worker.waits if wait is not None]
    assert len(timed) <= 6
    assert sum(timed) == pytest.approx(5.0)


def test_a_command_is_obeyed_at_once_at_a_slow_pace(worker: ScriptedWorker) -> None:
    worker.say(LimitSpeed(1), Run())
    worker.say(LimitSpeed(None), seconds=3.0)
    worker.play()
    assert worker.now < 5.0
    assert worker.states[-1] is RunState.FINISHED


def test_the_pace_does_not_catch_up_after_a_pause(worker: ScriptedWorker) -> None:
    worker.say(LimitSpeed(1), RunIterations(2))
    worker.play()
    worker.now += 100.0
    start = worker.now
    worker.say(RunIterations(3))
    worker.play()
    assert worker.now - start == pytest.approx(2.0)


def test_elapsed_counts_training_alone(worker: ScriptedWorker) -> None:
    worker.say(LimitSpeed(1), RunIterations(3))
    worker.play()
    worker.now += 50.0
    worker.say(RunIterations(1), TakeSnapshot())
    worker.play()
    assert worker.snapshots[-1].elapsed == pytest.approx(2.0)


def test_the_rate_is_the_recent_one(worker: ScriptedWorker) -> None:
    worker.say(LimitSpeed(10), Run())
    worker.say(*[TakeSnapshot()] * 2, iteration=50)
    worker.play()
    rate = worker.snapshots[-1].iterations_per_second
    assert rate == pytest.approx(10, rel=0.1)


def test_what_applies_live_is_applied_and_the_rest_is_not(worker: ScriptedWorker) -> None:
    worker.say(Run())
    changes = ApplyLive("learning_rate", 0.01), ApplyLive("hidden", (99,))
    worker.say(*changes, ApplyLive("batch_size", 10), iteration=5)
    worker.play()
    settings = worker.snapshots[-1].training.hyperparameters
    assert (settings.learning_rate, settings.batch_size, settings.hidden) == (0.01, 10, (8,))
    assert worker.trainer.net.params["W1"].shape == (2, 8)
    assert worker.trainer.iteration == 60, "a live change does not stop the run"


def test_a_change_asked_for_before_another_was_answered_undoes_nothing(
    worker: ScriptedWorker,
) -> None:
    worker.say(ApplyLive("learning_rate", 0.25), ApplyLive("batch_size", 10))
    worker.play()
    settings = worker.snapshots[-1].training.hyperparameters
    assert (settings.learning_rate, settings.batch_size) == (0.25, 10)


def test_start_anew(worker: ScriptedWorker) -> None:
    worker.say(Run())
    worker.say(Start(SPIRAL.with_value("seed", 1)), iteration=30)
    worker.play()
    last = worker.snapshots[-1]
    assert (last.state, last.training.iteration, last.elapsed) == (RunState.READY, 0, 0.0)
    assert last.training.hyperparameters.seed == 1


def test_a_users_file_is_read_anew_at_each_start(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    worker = ScriptedWorker()
    for inputs in (4, 6):
        x, t = np.zeros((50, inputs), np.uint8), np.arange(50) % 2
        np.savez(path, x_train=x, t_train=t, x_test=x, t_test=t)
        worker.say(Start(SPIRAL.with_value("dataset", str(path))))
        worker.play()
        assert worker.snapshots[-1].training.net_title.startswith(f"{inputs}-")


def test_a_running_worker_says_nothing_unasked(worker: ScriptedWorker) -> None:
    """However long the run: nothing may queue up for a screen that is slow to read."""
    worker.say(Run())
    worker.play()
    after_start = worker.events[3:]
    assert [type(event) for event in after_start] == [SnapshotTaken, SnapshotTaken]
    assert [e.requested for e in worker.events if isinstance(e, SnapshotTaken)] == [False] * 4


def test_every_request_has_one_answer(worker: ScriptedWorker) -> None:
    worker.say(Run())
    for iteration in (5, 5, 17, 40):
        worker.say(TakeSnapshot(), iteration=iteration)
    worker.say(TakeSnapshot())
    worker.play()
    answers = [e for e in worker.events if isinstance(e, SnapshotTaken) and e.requested]
    assert [e.snapshot.training.iteration for e in answers] == [5, 5, 17, 40, 60]
    assert [e.snapshot.state for e in answers[:4]] == [RunState.RUNNING] * 4


def test_an_idle_worker_waits_without_a_timeout(worker: ScriptedWorker) -> None:
    worker.say(RunIterations(3))
    worker.play()
    assert worker.waits[-1] is None
    assert len(worker.waits) <= 4
