"""What is on the screen: all panes at once or one at a time, help, palette, loading, faults."""

import re
from dataclasses import replace
from functools import partial

from textual.widgets import Tabs

from tests.support.app import LARGE, SMALL, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import SPIRAL, snapshots
from tui_backprop.session.messages import (
    LoadingStarted,
    Refused,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    WorkerEnded,
)
from tui_backprop.settings.fields import Field
from tui_backprop.training.statistics import EXPLODING_RMS, VANISHING_SHARE
from tui_backprop.ui.app import TuiBackpropApp
from tui_backprop.ui.training.hyperparameter_form.field_row import FieldRow
from tui_backprop.ui.training.training_screen import TrainingScreen

PANES = {
    "#loss-chart": ("Training loss (nats)", "━ loss", "iteration", "└┬"),
    "#metric-chart": ("Accuracy", "train", "test", "epoch", "100%"),
    "#layers-pane": ("Gradients by layer", "‖ΔW‖/‖W‖", "trend", "Affine1", "W1", "Affine2", "b2"),
    "#hyperparameter-form": ("Hyperparameters", "Dataset"),
}


def shown_fields(test: AppUnderTest) -> list[Field]:
    """Return the fields that mean something for what is chosen."""
    return [row.field for row in test.app.training_screen.query(FieldRow) if row.display]


async def test_all_panes_are_complete_at_130x40() -> None:
    async with running_app(size=LARGE) as test:
        await test.press("space")
        await test.shows("✓ finished")
        for pane, texts in PANES.items():
            for text in texts:
                assert text in test.text_of(pane), f"{text} in {pane}\n{test.text}"
        for field in shown_fields(test):
            assert field.label in test.text_of("#hyperparameter-form")


async def test_each_pane_is_complete_at_80x24() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("space")
        await test.shows("✓ finished")
        for key, panes in [
            ("2", ["#layers-pane"]),
            ("3", ["#hyperparameter-form"]),
            ("1", ["#loss-chart", "#metric-chart"]),
        ]:
            await test.press(key)
            for pane in PANES:
                shown = test.app.screen.query_one(pane).size.area > 0
                assert shown == (pane in panes), (key, pane)
            for pane in panes:
                for text in PANES[pane]:
                    assert text in test.text_of(pane), f"{text} in {pane}\n{test.text}"


async def test_the_columns_of_a_large_nets_table_stand_in_line() -> None:
    async with running_app(replace(SPIRAL, hidden=(1000, 2000)), size=LARGE) as test:
        await test.press("n")
        await test.shows("1000×2000", " ok ")
        rows = test.text_of("#layers-pane").splitlines()
        starts = {row.index("ok") for row in rows if " ok " in row}
        assert starts == {rows[1].index("state")}


async def test_page_keys_scroll_a_deep_nets_table() -> None:
    async with running_app(replace(SPIRAL, hidden=(5,) * 9), size=SMALL) as test:
        await test.press("2")
        assert "W1" in test.text_of("#layers-pane")
        assert "W10" not in test.text_of("#layers-pane")
        await test.press("pagedown", "pagedown")
        assert "W10" in test.text_of("#layers-pane")
        await test.press("pageup", "pageup")
        assert "W1" in test.text_of("#layers-pane")


async def test_every_field_is_reached_with_tab_at_80x24() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("f")
        for field in shown_fields(test):
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
        for size in [(1, 1), (2, 40), (130, 3)]:
            await test.pilot.resize_terminal(*size)
            await test.press("2", "3", "1")
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


async def test_help_that_is_closed_twice_at_once_closes_nothing_else() -> None:
    async with running_app() as test:
        await test.press("question_mark")
        await test.shows("Esc closes")
        help_screen = test.app.screen
        for _ in range(3):
            help_screen.call_later(help_screen.run_action, "dismiss")
        await test.until(lambda: "Esc closes" not in test.text)
        await test.press("n")
        await test.shows(" 1/60")
        assert test.app.return_code is None


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


async def test_the_command_palette_names_each_action_once() -> None:
    async with running_app() as test:
        names = [command.title for command in test.app.get_system_commands(test.app.screen)]
        assert "Form" in names
        assert len(set(names)) == len(names), names
        assert all(name[0].isupper() for name in names), names


async def test_help_defines_the_words_of_the_table() -> None:
    async with running_app() as test:
        await test.press("question_mark")
        await test.shows("Esc closes")
        text = " ".join(test.text_of("#help").split())
        for word, meaning in [
            ("vanishing", f"under 1/{1 / VANISHING_SHARE:,.0f} of the largest"),
            ("exploding", f"over {EXPLODING_RMS:g}"),
            ("zero", "every entry of the gradient is 0"),
            ("dead", "0 for every sample"),
            ("dying", "more than half"),
        ]:
            assert re.search(rf"{word} .*{re.escape(meaning)}", text), word


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
