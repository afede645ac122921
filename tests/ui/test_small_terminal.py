"""The training screen at 60x20: what has no room is left out whole, and no number is cut."""

import re
from dataclasses import replace

import pytest

from tests.support.app import LARGE, SMALL, TINY, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import DIVERGING, SPIRAL, snapshots, with_view
from tui_backprop.session.messages import RunState, SessionSnapshot, SnapshotTaken
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.snapshot import ActivationStatistics

DIGITS = Hyperparameters(dataset="digits", hidden=(64, 32), weight_std=0.2, iterations=30)
NUMBER = re.compile(r"\d+\.\d{4}|\d\.\d\de[+-]\d\d")


def finished() -> SessionSnapshot:
    (snapshot,) = snapshots(60)
    return replace(snapshot, state=RunState.FINISHED, elapsed=3.0, iterations_per_second=100.0)


async def tell(test: AppUnderTest, snapshot: SessionSnapshot) -> None:
    test.puppet.tell(SnapshotTaken(snapshot, False))
    await test.shows("60/60")


async def test_the_table_leaves_out_columns_and_keeps_the_state() -> None:
    async with running_app(DIGITS, size=TINY) as test:
        await test.press("space")
        await test.shows("✓ finished")
        await test.press("2")
        heading, *rows = (line.strip("│ ") for line in test.text_of("#gradient-table").splitlines())
        assert heading.startswith("layer")
        assert {"‖dW‖/√n", "‖ΔW‖/‖W‖", "state"} <= set(heading.split())
        parameters = [row for row in rows if re.match(r"Affine", row)]
        assert len(parameters) == 6
        for row in parameters:
            numbers = [word for word in row.split() if re.match(r"\d", word)]
            assert len(numbers) == 3
            assert all(map(NUMBER.fullmatch, numbers)), row
            assert row.split()[5] in {"ok", "vanishing"}
        assert all(re.search(r"\d+% dead", row) for row in rows if row.startswith("Relu"))


async def test_a_long_state_is_whole() -> None:
    async with running_app(client=PuppetClient(), size=TINY) as test:
        run = finished()
        layers = tuple(
            replace(row, measure="dead", share=1.0, verdict="dying")
            if isinstance(row, ActivationStatistics)
            else row
            for row in run.training.views["layers"]
        )
        await tell(test, replace(run, training=with_view(run.training, layers=layers)))
        await test.press("2")
        await test.shows("100% dead, dying")


async def test_the_last_values_over_the_charts_are_whole() -> None:
    async with running_app(size=TINY) as test:
        await test.press("space")
        await test.shows("✓ finished")
        loss = test.text_of("#loss-chart").splitlines()[1]
        assert re.search(r"━ \d\.\d{4} ━ smooth \d\.\d{4} +│$", loss), loss
        accuracy = test.text_of("#metric-chart").splitlines()[1]
        assert re.search(r"━ train +\d+% ╍ test +\d+% +│$", accuracy), accuracy


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED, RunState.FINISHED])
async def test_the_status_ends_in_whole_words_and_times(state: RunState) -> None:
    async with running_app(client=PuppetClient(), size=TINY) as test:
        planned = finished().training.hyperparameters.with_value("iterations", 1_000_000_000)
        run = replace(finished(), state=state)
        run = replace(run, training=replace(run.training, hyperparameters=planned))
        test.puppet.tell(SnapshotTaken(run, False))
        await test.shows("60/1,000,000,000")
        first, second = test.text_of("#status-bar").splitlines()
        hints = {RunState.PAUSED: "space goes on", RunState.FINISHED: "r starts a new run"}
        assert hints.get(state, "η=0.5") in first
        assert re.search(
            r"epoch +\d+\.\d\d( +[\d,]+ it/s( +\d:\d\d:\d\d -[-\d]:..:..)?)? *$", second
        )


async def test_help_and_quit_are_in_sight_whatever_else_is() -> None:
    async with running_app(DIVERGING, size=TINY) as test:
        assert re.search(r"^space Run/pause .*\^q Quit \? Help *$", test.lines[-1])
        await test.press("f")
        assert re.search(r"esc Leave field .*\^q Quit", test.lines[-1])
    async with running_app(client=PuppetClient(), size=SMALL) as test:
        stopped = replace(finished(), state=RunState.STOPPED, run_id="x")
        await tell(test, stopped)
        await test.until(lambda: "g Go back" in test.lines[-1])
        assert re.search(r"\^q Quit \? Help *$", test.lines[-1])


async def test_a_finished_run_has_no_time_left() -> None:
    async with running_app(client=PuppetClient(), size=SMALL) as test:
        await tell(test, finished())
        assert re.search(r"100 it/s  0:00:03 *$", test.lines[1]), test.lines[1]


@pytest.mark.parametrize("size", [SMALL, TINY])
async def test_an_error_goes_on_on_the_second_line(size: tuple[int, int]) -> None:
    async with running_app(SPIRAL, size=size) as test:
        await test.press("3")
        await test.type_into("hidden", "0")
        await test.press("escape", "r")
        await test.shows("✗ Hidden units")
        status = " ".join(test.text_of("#status-bar").split())
        assert status == (
            "✗ Hidden units: must be 1 to 20 whole numbers from 1 to 10,000 with commas between"
        )


async def test_why_training_stopped_is_told_to_its_end() -> None:
    async with running_app(DIVERGING, size=TINY) as test:
        await test.press("space")
        await test.shows("✗ stopped", "lower η, then r")


@pytest.mark.parametrize(("epoch", "shown"), [(144.7, "144.7"), (12.0, "12"), (1234.6, "1,235")])
async def test_the_epoch_of_the_accuracies_is_whole(epoch: float, shown: str) -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        run = finished()
        point = replace(run.training.views["evaluations"][-1], epoch=epoch, train=1.0, test=0.975)
        await tell(test, replace(run, training=with_view(run.training, evaluations=(point,))))
        line = test.text_of("#metric-chart").splitlines()[1]
        assert re.search(rf"train 100\.00% +╍ test  97\.50% +epoch {shown} +│$", line), line
