"""Watching a run of anybody's: told when asked, where something is new, with what is asked."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.processes import wait_until
from tests.ui.any_run.any_run_app import ScriptedSource
from tui_backprop.session.any_watch import AnySnapshot, AnyWatch


class Watching:
    def __init__(self) -> None:
        self.source = ScriptedSource()
        self.watch = AnyWatch(self.source)
        self.told: list[AnySnapshot] = []
        self.watch.start(self.told.append)

    def tells(self, count: int) -> bool:
        return wait_until(lambda: len(self.told) >= count, timeout=5.0)


@pytest.fixture
def watching() -> Iterator[Watching]:
    made = Watching()
    yield made
    made.watch.close()


def test_nothing_is_told_before_it_is_asked_for(watching: Watching) -> None:
    watching.source.tell(1, loss=1.0)
    assert not wait_until(lambda: bool(watching.told), timeout=0.6)
    watching.watch.ask(frozenset())
    assert watching.tells(1)
    (snapshot,) = watching.told
    assert [(m.name, m.last) for m in snapshot.metrics] == [("loss", 1.0)]
    assert snapshot.curves == {}


def test_what_is_asked_for_anew_is_told_though_nothing_else_is_new(watching: Watching) -> None:
    watching.source.tell(1, loss=1.0)
    watching.watch.ask(frozenset())
    assert watching.tells(1)
    watching.watch.ask(frozenset())
    assert not wait_until(lambda: len(watching.told) > 1, timeout=0.6)
    watching.watch.ask(frozenset({"loss", "gone"}))
    assert watching.tells(2)
    assert set(watching.told[-1].curves) == {"loss"}


def test_that_it_is_quiet_is_told_from_ten_seconds_on(watching: Watching) -> None:
    watching.watch.ask(frozenset())
    assert watching.tells(1)
    for seconds, count in ((9.0, 1), (10.5, 2), (11.5, 3)):
        watching.watch.ask(frozenset())
        watching.source.run = replace(watching.source.run, quiet_seconds=seconds)
        wait_until(lambda c=count: len(watching.told) > c, timeout=0.6)  # type: ignore[misc]
        assert len(watching.told) == count
