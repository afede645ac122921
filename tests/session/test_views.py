"""What is looked at is computed, and nothing else: counted without a clock."""

import pickle
from collections import Counter
from typing import Any

import pytest

from tests.support.scripted_worker import SPIRAL, ScriptedWorker
from tui_backprop.datasets import load_dataset
from tui_backprop.session.messages import Run, RunIterations, SnapshotTaken, Start, TakeSnapshot
from tui_backprop.session.walkthrough_messages import CommitTrace, TakeTrace
from tui_backprop.settings.catalogue import load
from tui_backprop.training.trainer import Trainer
from tui_backprop.training.views import registry
from tui_backprop.training.views.registry import (
    EVALUATIONS,
    LAYERS,
    LOSS_CURVE,
    NO_VIEWS,
    VIEWS,
    View,
)
from tui_backprop.ui.painting.view_widget import ViewWidget


@pytest.fixture
def computations(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return how often each view was computed."""
    counts: Counter[str] = Counter()
    compute = View.value

    def counted(self: View, source: Any) -> Any:
        counts[self.name] += 1
        return compute(self, source)

    monkeypatch.setattr(View, "value", counted)
    return counts


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_entry_has_a_computation_and_a_widget(view: View) -> None:
    trainer = Trainer(SPIRAL, load_dataset("spiral"))
    value = view.value(trainer)
    assert pickle.loads(pickle.dumps(value)) == value, "it is sent to the app's process"
    assert isinstance(load(view.widget)(), ViewWidget)


def test_a_snapshot_holds_what_was_wanted_and_computes_no_more(
    computations: Counter[str],
) -> None:
    trainer = Trainer(SPIRAL, load_dataset("spiral"))
    assert trainer.snapshot(frozenset({LAYERS})).views.keys() == {LAYERS}
    assert trainer.snapshot(NO_VIEWS).views == {}
    assert computations == {LAYERS: 1}


def test_a_view_is_an_entry_and_a_computation(monkeypatch: pytest.MonkeyPatch) -> None:
    doubled = View("doubled", f"{__name__}:doubled_iteration", "no:widget", "charts", 1.0)
    monkeypatch.setattr(registry, "VIEWS", (*VIEWS, doubled))
    monkeypatch.setattr(registry, "load", lambda path: doubled_iteration)
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), RunIterations(4), TakeSnapshot(frozenset({"doubled"})))
    worker.play()
    assert worker.snapshots[-1].training.views == {"doubled": 8}


def doubled_iteration(trainer: Trainer) -> int:
    return trainer.iteration * 2


def test_the_worker_computes_what_each_snapshot_was_asked_for(
    computations: Counter[str],
) -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL))
    worker.play()
    assert not computations, "nobody has asked for anything yet"
    worker.say(TakeSnapshot(frozenset({LOSS_CURVE})), Run())
    for iteration in (10, 20, 30):
        worker.say(TakeSnapshot(frozenset({EVALUATIONS})), iteration=iteration)
    worker.say(TakeSnapshot(NO_VIEWS), iteration=40)
    worker.play()
    asked = [e.snapshot for e in worker.events if isinstance(e, SnapshotTaken) and e.requested]
    assert [tuple(s.training.views) for s in asked] == [
        (LOSS_CURVE,),
        *[(EVALUATIONS,)] * 3,
        (),
    ]
    assert computations == {LOSS_CURVE: 2, EVALUATIONS: 3}, "one of them with the news that it runs"
    assert worker.snapshots[-1].training.views == {}, "at the end, what was wanted last"


def test_behind_the_step_screen_nothing_is_computed(computations: Counter[str]) -> None:
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL))
    worker.play()
    computations.clear()
    worker.say(TakeTrace(), CommitTrace(1), CommitTrace(2))
    worker.play()
    assert worker.trainer.iteration == 2
    assert not computations
