"""The keys that drive a run, and what the screen shows of it."""

import re

import pytest

from tests.support.app import LARGE, SMALL, running_app
from tests.support.scripted_worker import DIVERGING, SPIRAL
from tui_backprop.session.messages import (
    LimitSpeed,
    Pause,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    Start,
)
from tui_backprop.ui.training import status_bar
from tui_backprop.ui.training.training_screen import SPEEDS

ENDLESS = SPIRAL.with_value("iterations", 10**9)


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_run_from_space_to_its_end(size: tuple[int, int]) -> None:
    async with running_app(size=size) as test:
        await test.press("space")
        await test.shows("✓ finished", "60/60")


async def test_space_pauses_and_goes_on() -> None:
    async with running_app(ENDLESS) as test:
        test.client.send(LimitSpeed(100))
        await test.press("space")
        await test.shows("● training")
        await test.press("space")
        await test.shows("○ paused")
        await test.press("space")
        await test.shows("● training")
        assert [type(c) for c in test.client.sent if isinstance(c, Run | Pause)] == [
            Run,
            Pause,
            Run,
        ]


async def test_n_makes_one_iteration() -> None:
    async with running_app() as test:
        for count in (1, 2, 3):
            await test.press("n")
            await test.shows(f" {count}/60", "paused")
        assert test.commands(RunIterations) == [RunIterations(1)] * 3


async def test_e_trains_to_the_end_of_the_epoch() -> None:
    async with running_app() as test:
        await test.press("n")
        await test.shows(" 1/60", "paused")
        await test.press("e")
        await test.shows("10/60", "epoch   1.00", "paused")
        assert test.commands(RunToEpochEnd)


async def test_r_makes_a_new_net() -> None:
    async with running_app() as test:
        await test.press("e")
        await test.shows("10/60", "paused")
        await test.press("r")
        await test.shows(" 0/60", "press space")
        assert test.commands(Start) == [Start(SPIRAL), Start(SPIRAL)]


async def test_speed_goes_down_to_one_and_back_to_full() -> None:
    async with running_app() as test:
        await test.press("minus")
        await test.shows("at most 1,000 it/s")
        await test.press(*["minus"] * (len(SPEEDS) + 1))
        await test.shows("at most 1 it/s")
        await test.press("equals_sign", *["plus"] * len(SPEEDS))
        await test.until(lambda: "at most" not in test.text)
        limits = [c.iterations_per_second for c in test.client.sent if isinstance(c, LimitSpeed)]
        assert limits[:3] == [1000, 300, 100]
        assert limits[8:12] == [1, 1, 1, 2]
        assert limits[-1] is None


async def test_ctrl_q_quits_from_a_field_too() -> None:
    async with running_app() as test:
        await test.focus("seed")
        await test.press("ctrl+q")
        assert test.app.return_code == 0
        assert not test.app.is_running


async def test_start_trains_without_a_key() -> None:
    async with running_app(start=True) as test:
        await test.shows("✓ finished")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_newcomer_sees_what_to_press(size: tuple[int, int]) -> None:
    async with running_app(size=size) as test:
        assert "press space to start training" in test.text_of("#status-bar")
        footer = test.text_of("#key-line")
        for key, word in [("space", "Run"), ("n", "Next"), ("r", "Reset"), ("?", "Help")]:
            assert re.search(rf"{re.escape(key)} {word}", footer), footer


async def test_every_button_of_the_footer_can_be_clicked() -> None:
    async with running_app() as test:
        footer = test.app.screen.query_one("#key-line")
        place = test.text_of("#key-line").index("n Next")
        await test.pilot.click("#key-line", offset=(place, footer.size.height - 1))
        await test.shows(" 1/60")


async def test_the_status_says_what_is_trained_and_how_far() -> None:
    async with running_app() as test:
        await test.press("space")
        await test.shows("✓ finished")
        status = test.text_of("#status-bar")
        for part in ("spiral 300+300", "2-8-3", "SGD η=0.5", "60/60", "epoch   6.00", "elapsed"):
            assert part in status
        assert re.search(r"[\d,]+ it/s", status)
        assert "raise Iterations to go on, r starts a new run" in status


@pytest.mark.parametrize("key", ["space", "n", "e"])
async def test_a_finished_run_says_how_to_go_on_until_it_does(key: str) -> None:
    async with running_app(size=SMALL) as test:
        await test.press("space")
        await test.shows("✓ finished")
        await test.press(key)
        await test.shows("✗ finished: raise Iterations to go on")
        await test.press("3")
        await test.type_into("iterations", "70")
        await test.press("enter", "escape")
        await test.shows("○ paused", "60/70")
        await test.press("n")
        await test.shows("61/70")


async def test_a_notice_of_a_key_takes_itself_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_bar, "_NOTICE_SECONDS", 0.05)
    async with running_app() as test:
        await test.press("space")
        await test.shows("✓ finished")
        await test.press("n")
        await test.shows("✓ finished")


async def test_charts_and_table_move_with_the_run() -> None:
    async with running_app() as test:
        before = {pane: test.text_of(pane) for pane in ("#loss-chart", "#metric-chart")}
        await test.press("space")
        await test.shows("✓ finished")
        await test.until(lambda: "epoch 6" in test.text_of("#metric-chart"))
        for pane, text in before.items():
            assert test.text_of(pane) != text
        assert re.search(r"loss \d\.\d{4}", test.text_of("#loss-chart"))
        assert re.search(r"train +\d+\.\d\d% .*test +\d+\.\d\d%", test.text_of("#metric-chart"))
        table = test.text_of("#gradient-table")
        for row in (r"Affine1 +W1 +2×8 ", r"Affine1 +b1 +8 ", r"Relu1 .*\d+% dead", "Affine2 +b2 "):
            assert re.search(row, table), table


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_value_that_is_not_finite_stops_with_its_place_and_keeps_the_last_values(
    size: tuple[int, int],
) -> None:
    async with running_app(DIVERGING, size=size) as test:
        await test.press("space")
        await test.shows("✗ stopped")
        status = test.text_of("#status-bar")
        assert re.search(r"of (Affine\d|SoftmaxWithLoss|[Wb]\d) not finite in iteration", status)
        assert re.search(r"loss +\d", test.text_of("#loss-chart"))
        assert not re.search(r"\b(nan|inf)\b", test.text)
        assert test.app.training_screen.state is RunState.STOPPED
        # What diverged stays diverged at any learning rate: the advice has to end in a new net.
        assert "lower η, then r" in status


async def test_log_scale_and_smoothing() -> None:
    async with running_app() as test:
        await test.press("space")
        await test.shows("✓ finished")
        linear = test.text_of("#loss-chart")
        assert "smoothed" in linear
        await test.press("l")
        await test.until(lambda: test.text_of("#loss-chart") != linear)
        assert re.search(r"0\.1", test.text_of("#loss-chart"))
        await test.press("m")
        await test.until(lambda: "smoothed" not in test.text_of("#loss-chart"))
        await test.press("l", "m")
        await test.until(lambda: test.text_of("#loss-chart") == linear)
