"""Watching, pausing, stepping and throttling a run change no bit of it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.scripted_worker import SPIRAL, ScriptedWorker, bits
from tui_backprop.datasets import load_dataset
from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    LimitSpeed,
    Pause,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    Start,
    TakeSnapshot,
)
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

INTERRUPTIONS = st.one_of(
    st.just(TakeSnapshot()),
    st.just(Pause()),
    st.just(RunToEpochEnd()),
    st.just(ApplyLive("learning_rate", SPIRAL.learning_rate)),
    st.integers(1, 20).map(RunIterations),
    st.sampled_from([None, 1.0, 7.0, 1e4]).map(LimitSpeed),
)


def straight(settings: Hyperparameters) -> Trainer:
    trainer = Trainer(settings, load_dataset(settings.dataset))
    while not trainer.finished:
        trainer.work()
    return trainer


@given(
    st.lists(st.tuples(st.integers(0, 59), INTERRUPTIONS), max_size=12),
    st.sampled_from(["random", "shuffle"]),
)
def test_however_it_is_driven(script: list[tuple[int, Command]], sampling: str) -> None:
    settings = SPIRAL.with_value("sampling", sampling)
    worker = ScriptedWorker(tick=1e-4)
    worker.say(Start(settings))
    for iteration, command in sorted(script, key=lambda line: line[0]):
        # Run goes before each: a script line before may have paused the worker for good.
        worker.say(Run())
        worker.say(command, iteration=iteration)
    worker.say(Run())
    worker.play()
    assert worker.states[-1] is RunState.FINISHED
    assert bits(worker.trainer) == bits(straight(settings))


def test_one_iteration_at_a_time() -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), *[RunIterations(1)] * 60)
    worker.play()
    assert bits(worker.trainer) == bits(straight(SPIRAL))


def test_a_second_run_in_the_same_process_equals_the_first() -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL.with_value("dataset", "digits")), RunIterations(20))
    worker.say(Start(SPIRAL), RunIterations(13), Start(SPIRAL), Run())
    worker.play()
    assert bits(worker.trainer) == bits(straight(SPIRAL))
