"""What the worker refuses, and where a run stops: the net there was stays whole."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.scripted_worker import DIVERGING, SPIRAL, ScriptedWorker, bits
from tui_backprop.session.messages import (
    ApplyLive,
    Refused,
    Run,
    RunIterations,
    RunState,
    Start,
)


@pytest.mark.parametrize(
    ("field", "value"),
    [("dataset", "/nowhere/\x1b[31mred"), ("dataset", "nonsense"), ("batch_size", 301)],
)
def test_a_refused_start_keeps_the_net_and_its_goal(
    worker: ScriptedWorker, field: str, value: object
) -> None:
    worker.say(Run())
    worker.say(Start(SPIRAL.with_value(field, value)), iteration=30)
    worker.play()
    refused = [event for event in worker.events if isinstance(event, Refused)]
    assert [event.field for event in refused] == [field]
    assert refused[0].cause.isprintable()
    assert worker.trainer.hyperparameters == SPIRAL
    assert worker.trainer.iteration == 60


def test_a_target_is_refused_of_a_built_in_set_however_often_it_was_loaded(
    worker: ScriptedWorker,
) -> None:
    worker.say(Start(SPIRAL.with_value("target", "colour")))
    worker.play()
    refused = [event for event in worker.events if isinstance(event, Refused)]
    assert [event.field for event in refused] == ["dataset"]
    assert "colour" in refused[0].cause


def test_a_dataset_refused_for_its_batch_size_does_not_reach_the_old_net(
    worker: ScriptedWorker, tmp_path: Path
) -> None:
    tiny = tmp_path / "tiny.npz"
    x, t = np.zeros((5, 4), np.uint8), np.arange(5)
    np.savez(tiny, x_train=x, t_train=t, x_test=x, t_test=t)
    worker.say(RunIterations(10), Start(SPIRAL.with_value("dataset", str(tiny))), Run())
    worker.play()
    straight = ScriptedWorker()
    straight.say(Start(SPIRAL), Run())
    straight.play()
    assert bits(worker.trainer) == bits(straight.trainer)


def test_a_batch_size_refused_live_leaves_the_run_alone(worker: ScriptedWorker) -> None:
    worker.say(Run())
    worker.say(ApplyLive("batch_size", 301), iteration=30)
    worker.play()
    assert [e.field for e in worker.events if isinstance(e, Refused)] == ["batch_size"]
    assert worker.trainer.hyperparameters == SPIRAL
    assert worker.trainer.iteration == 60


def test_divergence_stops_at_its_iteration_and_says_where() -> None:
    worker = ScriptedWorker()
    worker.say(Start(DIVERGING), Run(), Run(), RunIterations(1))
    worker.play()
    last = worker.snapshots[-1]
    assert last.state is RunState.STOPPED
    stopped = last.training.non_finite
    assert stopped is not None
    assert stopped.iteration == last.training.iteration + 1 > 1
    assert re.fullmatch(r"Affine[1-4]|SoftmaxWithLoss|[Wb][1-4]", stopped.where)
    assert last.training.loss is not None
    assert math.isfinite(last.training.loss)
    assert all(np.isfinite(param).all() for param in worker.trainer.net.params.values())


def test_a_stopped_run_tries_again_after_a_live_change() -> None:
    worker = ScriptedWorker()
    worker.say(Start(DIVERGING), Run(), ApplyLive("batch_size", 5))
    worker.play()
    assert worker.states[-1] is RunState.PAUSED
    worker.say(Run())
    worker.play()
    assert worker.states[-1] in {RunState.STOPPED, RunState.FINISHED}
