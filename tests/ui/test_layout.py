"""What is on the screen: all panes at once or one at a time, help, palette, loading, faults."""

import time
from functools import partial

import pyte
import pytest
from textual.widgets import Tabs

from tests.support.app import LARGE, SMALL, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import SPIRAL, ScriptedWorker
from tui_backprop.session.messages import (
    LoadingStarted,
    Refused,
    Run,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    WorkerEnded,
)
from tui_backprop.training.hyperparameters import FIELDS
from tui_backprop.ui.app import TuiBackpropApp
from tui_backprop.ui.screens.training_screen import TrainingScreen
from tui_backprop.ui.widgets.loss_chart import LossChart

PANES = {
    "#loss-chart": ("Training loss (nats)", "━ loss", "iteration", "└┬"),
    "#accuracy-chart": ("Accuracy", "train", "test", "epoch", "100%"),
    "#layers-pane": ("Gradients by layer", "‖ΔW‖/‖W‖", "trend", "Affine1", "W1", "Affine2", "b2"),
    "#hyperparameter-form": ("Hyperparameters", "Dataset"),
}


def snapshots(*iterations: int) -> list[SessionSnapshot]:
    """Return what a worker tells of SPIRAL at these iterations."""
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL), Run())
    for iteration in iterations:
        worker.say(TakeSnapshot(), iteration=iteration)
    worker.play()
    return [e.snapshot for e in worker.events if isinstance(e, SnapshotTaken) and e.requested]


async def test_all_panes_are_complete_at_130x40() -> None:
    async with running_app(size=LARGE) as test:
        await test.press("space")
        await test.shows("✓ finished")
        for pane, texts in PANES.items():
            for text in texts:
                assert text in test.text_of(pane), f"{text} in {pane}\n{test.text}"
        for field in FIELDS:
            assert field.label in test.text_of("#hyperparameter-form")


async def test_each_pane_is_complete_at_80x24() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("space")
        await test.shows("✓ finished")
        for key, panes in [
            ("2", ["#layers-pane"]),
            ("3", ["#hyperparameter-form"]),
            ("1", ["#loss-chart", "#accuracy-chart"]),
        ]:
            await test.press(key)
            for pane in PANES:
                shown = test.app.screen.query_one(pane).size.area > 0
                assert shown == (pane in panes), (key, pane)
            for pane in panes:
                for text in PANES[pane]:
                    assert text in test.text_of(pane), f"{text} in {pane}\n{test.text}"


async def test_every_field_is_reached_with_tab_at_80x24() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("f")
        for field in FIELDS:
            await test.until(partial(test.is_focused, field.name))
            await test.shows(field.label)
            await test.press("tab")


async def test_the_tabs_can_be_reached_without_their_keys() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("tab", "right")
        await test.until(lambda: test.app.screen.query_one(Tabs).active == "layers")
        assert test.app.screen.query_one("#layers-pane").size.area > 0


async def test_a_resize_changes_between_the_layouts() -> None:
    async with running_app(size=SMALL) as test:
        await test.pilot.resize_terminal(*LARGE)
        await test.until(lambda: test.app.screen.query_one("#layers-pane").size.area > 0)
        await test.pilot.resize_terminal(*SMALL)
        await test.until(lambda: test.app.screen.query_one("#layers-pane").size.area == 0)


async def test_any_size_is_survived() -> None:
    async with running_app(client=PuppetClient()) as test:
        (snapshot,) = snapshots(30)
        test.puppet.tell(SnapshotTaken(snapshot, False))
        await test.shows("30/60")
        for size in [(1, 1), (2, 40), (130, 3), (20, 6), (300, 100)]:
            await test.pilot.resize_terminal(*size)
            await test.press("2", "3", "1", "question_mark", "escape")
        await test.pilot.resize_terminal(*LARGE)
        await test.shows("30/60", "Affine1")


async def test_help_lists_every_key() -> None:
    async with running_app() as test:
        await test.press("question_mark")
        await test.shows("Esc closes")
        text = test.text_of("#help")
        # One binding may be written on another's line, as - is on that of +
        for binding in [*TrainingScreen.BINDINGS, *TuiBackpropApp.BINDINGS]:
            if binding.tooltip and binding.action != "leave_field":  # type: ignore[union-attr]
                assert binding.tooltip in " ".join(text.split()), binding  # type: ignore[union-attr]
        for key in ("space", "n", "e", "r", "+ -", "f", "l", "m", "1", "2", "3", "?", "^q"):
            assert any(f" {key} " in line for line in text.splitlines()), (key, text)
        await test.press("escape")
        await test.until(lambda: "Esc closes" not in test.text)
        await test.press("n")
        await test.shows(" 1/60")


async def test_help_from_a_list_of_choices_lists_the_same_keys() -> None:
    async with running_app() as test:
        test.select("dtype").focus()
        await test.press("question_mark")
        await test.shows("Esc closes")
        assert "Make one iteration" in test.text_of("#help")


async def test_the_command_palette_runs_a_key_s_action() -> None:
    async with running_app() as test:
        await test.press("ctrl+p")
        await test.until(lambda: type(test.app.screen).__name__ == "CommandPalette")
        await test.press(*"next")
        await test.shows("Make one iteration")
        await test.until(lambda: "Focus Next" not in test.text)
        await test.press("down", "enter")
        await test.until(lambda: isinstance(test.app.screen, TrainingScreen))
        await test.shows(" 1/60")


async def test_the_first_frame_comes_before_any_data() -> None:
    async with running_app(client=PuppetClient()) as test:
        await test.shows("starting", "Hyperparameters", "Training loss", "space Run/pause")
        assert test.client.sent == [Start(SPIRAL)]


async def test_loading_shows_as_loading_and_never_raw() -> None:
    async with running_app(client=PuppetClient()) as test:
        test.puppet.tell(LoadingStarted("big\x1b[31m"))
        await test.shows("◌ loading big\\x1b[31m …")
        (snapshot,) = snapshots(10)
        test.puppet.tell(SnapshotTaken(snapshot, False))
        await test.until(lambda: "loading" not in test.text)


async def test_a_first_dataset_that_is_refused_leaves_a_hint_what_to_do() -> None:
    async with running_app(client=PuppetClient()) as test:
        test.puppet.tell(LoadingStarted("x"), Refused("dataset", "unknown dataset 'x'"))
        await test.shows("✗ unknown dataset 'x'")
        await test.press("space")
        await test.shows("no net yet")


async def test_the_end_of_the_training_process_stays_on_screen_with_what_was_shown() -> None:
    async with running_app(client=PuppetClient()) as test:
        (snapshot,) = snapshots(30)
        test.puppet.tell(SnapshotTaken(snapshot, False))
        await test.shows("30/60", "training")
        test.puppet.tell(WorkerEnded(-9, ""))
        await test.shows("✗ the training process was killed (SIGKILL)", "30/60", "Affine1")
        await test.press("n", "space")
        await test.shows("✗ the training process was killed")
        asked = len(test.commands(TakeSnapshot))
        await test.pilot.pause(0.1)
        assert len(test.commands(TakeSnapshot)) == asked


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
        assert len(painted) == 4
        before = [w.lines_refreshed for w in painted]
        sent = test.app.terminal.bytes_sent
        for _ in range(5):
            test.app.post_message(test.app.EventArrived(SnapshotTaken(snapshot, False)))
            await test.pilot.pause()
        assert [w.lines_refreshed for w in painted] == before
        assert test.app.terminal.bytes_sent == sent


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
        for snapshot in snapshots(10, 20):
            test.puppet.tell(SnapshotTaken(snapshot, False))
            await test.press("question_mark", "escape", "f", "down", "escape", "l")
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
