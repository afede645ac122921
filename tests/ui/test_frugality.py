"""Work that is left out: nothing for hidden panes, unchanged values, or a slow reader."""

import sys
import time

import pyte
import pytest

from tests.support.app import LARGE, SMALL, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import snapshots
from tui_backprop.session.messages import (
    RunState,
    SnapshotTaken,
    TakeSnapshot,
)
from tui_backprop.ui.charts.loss_chart import LossChart


async def test_one_snapshot_at_a_time_is_asked_for() -> None:
    """However slow the answer: nothing may queue up at the training process."""
    async with running_app(client=PuppetClient(), fps=200) as test:
        first, second = snapshots(10, 20)
        assert first.state is RunState.RUNNING
        test.puppet.tell(SnapshotTaken(first, False))
        await test.until(lambda: test.commands(TakeSnapshot))
        await test.pilot.pause(0.1)
        assert len(test.commands(TakeSnapshot)) == 1
        test.puppet.tell(SnapshotTaken(second, True))
        await test.until(lambda: len(test.commands(TakeSnapshot)) == 2)


async def test_hidden_panes_compose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    composed = count_calls(monkeypatch)
    async with running_app(size=SMALL, client=PuppetClient()) as test:
        first, second, third = snapshots(10, 20, 30)
        await test.press("2")
        await test.until(lambda: not test.app.screen.query_one(LossChart).size)
        composed.clear()
        for number, snapshot in [(10, first), (20, second), (30, third)]:
            test.puppet.tell(SnapshotTaken(snapshot, False))
            await test.shows(f"{number}/60")
        assert composed == []
        await test.press("1")
        await test.until(lambda: composed)
        assert "━ loss" in test.text_of("#loss-chart")


async def test_an_unchanged_snapshot_repaints_nothing() -> None:
    async with running_app(client=PuppetClient()) as test:
        (snapshot,) = snapshots(30)
        test.puppet.tell(SnapshotTaken(snapshot, False))
        await test.shows("30/60", "Affine1")
        await settled(test)
        painted = [w for w in test.app.screen.query("*") if hasattr(w, "lines_refreshed")]
        assert len(painted) == 5
        before = [w.lines_refreshed for w in painted]
        sent = test.app.terminal.bytes_sent
        for _ in range(5):
            test.app.post_message(test.app.EventArrived(SnapshotTaken(snapshot, False)))
            await test.pilot.pause()
        assert [w.lines_refreshed for w in painted] == before
        assert test.app.terminal.bytes_sent == sent


async def test_the_first_frame_waits_for_no_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tui_backprop.ui.charts.plotext_adapter", None)
    async with running_app(client=PuppetClient()) as test:
        assert "Training loss" in test.text
        assert "Accuracy" in test.text


async def test_the_next_snapshot_is_a_small_update() -> None:
    """Bytes of fixed scenes, so that a repaint grown fat is noticed without a clock."""
    async with running_app(client=PuppetClient()) as test:
        before, after = snapshots(30, 31)
        test.puppet.tell(SnapshotTaken(before, False))
        await test.shows("30/60", "Affine1")
        await settled(test)
        sent = test.app.terminal.bytes_sent
        test.puppet.tell(SnapshotTaken(after, False))
        await test.shows("31/60")
        await settled(test)
        assert 0 < test.app.terminal.bytes_sent - sent < 1500


async def test_the_terminal_shows_what_was_composed() -> None:
    """After keys, popups and snapshots alike: what was left out of the updates was there."""
    async with running_app(client=PuppetClient()) as test:
        terminal = pyte.Screen(*LARGE)
        stream = pyte.Stream(terminal)
        for snapshot, keys in zip(
            snapshots(10, 20), [["question_mark"], ["escape", "f"]], strict=True
        ):
            test.puppet.tell(SnapshotTaken(snapshot, False))
            await test.press(*keys)
            await settled(test)
            stream.feed("".join(test.app.sent))
            test.app.sent.clear()
            assert terminal.display == test.lines


async def settled(test: AppUnderTest) -> None:
    """Wait until nothing more is sent to the terminal."""
    sent, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < 0.15:
        if test.app.terminal.bytes_sent != sent:
            sent, quiet_since = test.app.terminal.bytes_sent, time.monotonic()
        await test.pilot.pause(0.01)


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows with every chart composed."""
    calls: list[object] = []
    compose = LossChart.compose_lines

    def counted(self: LossChart, width: int, height: int) -> object:
        calls.append(self)
        return compose(self, width, height)

    monkeypatch.setattr(LossChart, "compose_lines", counted)
    return calls
