"""The walkthrough: traces and checks change no bit, and a commit applies what was shown."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from tests.support.scripted_worker import DIVERGING, SPIRAL, ScriptedWorker, bits
from tui_backprop.datasets import load_dataset
from tui_backprop.session.messages import Event, Pause, Refused, Run, RunIterations, Start
from tui_backprop.session.walkthrough_messages import (
    CellChecked,
    CheckCell,
    CheckNet,
    CommitTrace,
    DropCheck,
    NetChecked,
    TakeTrace,
    Traced,
    TraceTaken,
)
from tui_backprop.session.walkthrough_worker import WalkthroughWorker
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.full_check import CheckOutcome
from tui_backprop.walkthrough.gradient_check import STEP_SIZES, error_by_step_size


class Walk:
    """A walkthrough of a trainer that has made some iterations, and what it told."""

    def __init__(
        self,
        hyperparameters: Hyperparameters = SPIRAL,
        iterations: int = 3,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.told: list[Event] = []
        self.walk = WalkthroughWorker(self.told.append, clock)
        self.trainer = make_trainer(hyperparameters, iterations)

    def trace(self) -> Traced:
        self.walk.obey(TakeTrace(), self.trainer)
        return self.last_trace

    def commit(self) -> Traced:
        shown = self.trace().iteration
        self.walk.obey(CommitTrace(shown), self.trainer)
        return self.last_trace

    @property
    def last_trace(self) -> Traced:
        event = self.told[-1]
        assert isinstance(event, TraceTaken)
        return event.traced


def make_trainer(hyperparameters: Hyperparameters, iterations: int) -> Trainer:
    trainer = Trainer(hyperparameters, load_dataset(hyperparameters.dataset))
    advance(trainer, iterations)
    return trainer


def advance(trainer: Trainer, iterations: int) -> None:
    while trainer.iteration < iterations and trainer.can_iterate:
        trainer.work()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_trace_changes_no_bit_and_says_what_comes_next(dtype: str) -> None:
    walk = Walk(replace(SPIRAL, dtype=dtype))
    before = bits(walk.trainer)
    traced = walk.trace()
    assert bits(walk.trainer) == before
    assert (traced.iteration, traced.iterations) == (4, 60)
    assert traced.dataset == "spiral"
    assert traced.net_title == "2-8-3"
    assert traced.learning_rate == 0.5
    assert traced.stopped is None
    assert traced.tape.dtype == dtype
    batch = walk.trainer.next_minibatch()
    assert traced.tape.facts.indices == tuple(batch.indices.tolist())
    assert traced.tape.x is not None
    assert traced.tape.x.tobytes() == batch.x.tobytes()


@pytest.mark.parametrize("sampling", ["random", "shuffle"])
def test_going_on_after_a_trace_uses_the_minibatch_that_was_shown(sampling: str) -> None:
    walk = Walk(replace(SPIRAL, sampling=sampling))
    traced = walk.trace()
    advance(walk.trainer, 4)
    for key, param in walk.trainer.net.params.items():
        assert param.tobytes() == traced.tape.find(f"{key}′").output.array.tobytes()
    assert traced.tape.prediction is not None
    assert walk.trainer.loss == traced.tape.prediction.loss_before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_commit_applies_exactly_what_was_shown(dtype: str) -> None:
    walk = Walk(replace(SPIRAL, dtype=dtype))
    shown = walk.trace()
    following = walk.commit()
    assert isinstance(walk.told[-1], TraceTaken)
    assert walk.told[-1].after_commit
    assert walk.trainer.iteration == 4
    for key, param in walk.trainer.net.params.items():
        assert param.tobytes() == shown.tape.find(f"{key}′").output.array.tobytes()
    assert following.iteration == 5
    assert following.tape.find("Affine1.out").arrays["W"].tobytes() == (
        shown.tape.find("W1′").output.array.tobytes()
    )


def test_a_commit_of_another_iteration_than_the_next_makes_none() -> None:
    walk = Walk()
    walk.walk.obey(CommitTrace(4), walk.trainer)
    walk.walk.obey(CommitTrace(4), walk.trainer)
    assert walk.trainer.iteration == 4
    assert walk.last_trace.iteration == 5


def test_a_commit_where_an_evaluation_is_due_makes_the_iteration_too() -> None:
    walk = Walk(iterations=10)
    assert walk.trainer.evaluating
    walk.commit()
    assert walk.trainer.iteration == 11
    assert walk.trainer.evaluations.points()[-1].iteration == 10


def test_traces_checks_and_commits_leave_a_run_the_bits_of_one_that_never_stopped() -> None:
    walk = Walk(iterations=0)
    while walk.trainer.can_iterate:
        walk.trace()
        walk.walk.obey(CheckCell("W1", (1, 2)), walk.trainer)
        walk.walk.obey(CheckNet(1e-4), walk.trainer)
        walk.walk.work()
        if walk.trainer.iteration % 3:
            walk.commit()
        else:
            advance(walk.trainer, walk.trainer.iteration + 1)
    while not walk.trainer.finished:
        walk.trainer.work()
    undisturbed = make_trainer(SPIRAL, 60)
    while not undisturbed.finished:
        undisturbed.work()
    assert bits(walk.trainer) == bits(undisturbed)


def test_a_finished_run_is_traced_but_not_committed() -> None:
    walk = Walk(iterations=60)
    before = bits(walk.trainer)
    traced = walk.commit()
    assert traced.iteration == 61 > traced.iterations
    assert walk.trainer.iteration == 60
    assert bits(walk.trainer).items() >= {k: before[k] for k in ("W1", "b1", "W2", "b2")}.items()


def test_what_is_not_finite_is_not_committed_and_says_where() -> None:
    walk = Walk(DIVERGING, iterations=0)
    for _ in range(60):
        before = {key: param.copy() for key, param in walk.trainer.net.params.items()}
        if (traced := walk.commit()).stopped is not None:
            break
    assert traced.stopped is not None
    assert traced.stopped == walk.trainer.non_finite
    assert traced.iteration == traced.stopped.iteration == walk.trainer.iteration + 1
    assert traced.tape.first_non_finite is not None
    for key, param in walk.trainer.net.params.items():
        assert param.tobytes() == before[key].tobytes()


def test_a_cell_is_checked_at_every_step_size() -> None:
    walk = Walk()
    before = bits(walk.trainer)
    walk.walk.obey(CheckCell("W2", (7, 1)), walk.trainer)
    event = walk.told[-1]
    assert isinstance(event, CellChecked)
    batch = walk.trainer.next_minibatch()
    assert event.checks == error_by_step_size(walk.trainer.net, batch.x, batch.t, "W2", (7, 1))
    assert [check.h for check in event.checks] == list(STEP_SIZES)
    assert bits(walk.trainer) == before


def test_a_check_of_the_net_comes_in_pieces_with_progress() -> None:
    ticks = count()
    large = Hyperparameters(dataset="digits", hidden=(60,))
    walk = Walk(large, clock=lambda: float(next(ticks)))
    walk.walk.obey(CheckNet(1e-5), walk.trainer)
    assert walk.walk.busy
    assert not walk.told
    pieces = 0
    while walk.walk.busy:
        walk.walk.work()
        pieces += 1
    checks = [event.check for event in walk.told if isinstance(event, NetChecked)]
    assert len(checks) == len(walk.told) == pieces - 1 > 4
    done = [check.done for check in checks]
    assert done == sorted(set(done)), "each tells of more than the one before"
    assert checks[-1].finished
    assert checks[-1].outcome is CheckOutcome.RIGHT
    assert checks[-1].h == 1e-5


def test_progress_is_told_a_few_times_a_second_but_the_end_always() -> None:
    walk = Walk(Hyperparameters(dataset="digits", hidden=(60,)))
    walk.walk.obey(CheckNet(1e-4), walk.trainer)
    while walk.walk.busy:
        walk.walk.work()
    checks = [event.check for event in walk.told if isinstance(event, NetChecked)]
    assert len(checks) == 2, "no time passes on this clock: the first and the last"
    assert checks[-1].finished


@pytest.mark.parametrize("command", [DropCheck(), CommitTrace(4)])
def test_an_unfinished_check_is_forgotten(command: DropCheck | CommitTrace) -> None:
    walk = Walk()
    walk.walk.obey(CheckNet(1e-4), walk.trainer)
    walk.walk.obey(command, walk.trainer)
    assert not walk.walk.busy


def test_commands_go_before_the_rest_of_a_check() -> None:
    worker = ScriptedWorker(tick=0.001)
    worker.say(Start(Hyperparameters(dataset="digits", hidden=(60,))), CheckNet(1e-4), seconds=0)
    worker.say(TakeTrace(), seconds=0.003)
    worker.play()
    kinds = [type(e) for e in worker.events if isinstance(e, NetChecked | TraceTaken)]
    assert TraceTaken in kinds
    assert kinds.index(TraceTaken) < len(kinds) - 1
    last = [e for e in worker.events if isinstance(e, NetChecked)][-1]
    assert last.check.finished, "and the check goes on"


@pytest.mark.parametrize("command", [Run(), RunIterations(1)])
def test_running_on_forgets_a_check(command: Run | RunIterations) -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), CheckNet(1e-4), command, seconds=0)
    worker.play()
    assert not [e for e in worker.events if isinstance(e, NetChecked)]


def test_the_worker_reports_what_a_commit_has_changed() -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), TakeTrace(), CommitTrace(1), Pause(), seconds=0)
    worker.play()
    iterations = [snapshot.training.iteration for snapshot in worker.snapshots]
    assert iterations[-2:] == [1, 1], "once for the commit, once for the pause"


def test_a_command_that_is_none_of_its_own_is_refused() -> None:
    walk = Walk()
    with pytest.raises(TypeError, match="unknown command"):
        walk.walk.obey(Run(), walk.trainer)


def test_a_walkthrough_that_would_not_fit_is_refused_with_the_estimate() -> None:
    told: list[Event] = []
    trainer = make_trainer(SPIRAL, 1)
    before = bits(trainer)
    free = [10_000, 10_000_000]
    walk = WalkthroughWorker(told.append, lambda: 0.0, free_memory=lambda: free[0])
    walk.obey(TakeTrace(), trainer)
    (refused,) = told
    assert isinstance(refused, Refused)
    assert "a walkthrough of 51 parameters would need about" in refused.cause
    assert bits(trainer) == before
    del free[0]
    walk.obey(TakeTrace(), trainer)
    assert isinstance(told[-1], TraceTaken)
