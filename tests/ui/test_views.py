"""The app asks for what is on screen, no oftener than its pace, and for what it missed."""

import math
from dataclasses import replace

import pytest

from tests.support.app import LARGE, SMALL, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import snapshots, with_view
from tui_backprop.session.messages import RunState, SnapshotTaken, TakeSnapshot
from tui_backprop.settings.tasks import TASKS
from tui_backprop.training.snapshot import Evaluation
from tui_backprop.training.views.registry import (
    ALL_VIEWS,
    EVALUATIONS,
    LAYERS,
    LOSS_CURVE,
    NO_VIEWS,
)
from tui_backprop.ui.charts.metric_chart_model import MetricChartModels

CHARTS = frozenset({LOSS_CURVE, EVALUATIONS})


def wanted(test: AppUnderTest) -> list[frozenset[str]]:
    """Return what each snapshot was asked to hold."""
    return [c.wanted for c in test.commands(TakeSnapshot) if isinstance(c, TakeSnapshot)]


async def tell(
    test: AppUnderTest, iteration: int, views: frozenset[str], **changes: object
) -> None:
    """Tell a snapshot of SPIRAL that holds some views, as if it had been asked for."""
    (snapshot,) = snapshots(iteration)
    training = snapshot.training
    held = {name: value for name, value in training.views.items() if name in views}
    snapshot = replace(snapshot, training=replace(training, views=held), **changes)  # type: ignore[arg-type]
    test.puppet.tell(SnapshotTaken(snapshot, True))
    await test.shows(f" {iteration}/60")


@pytest.mark.parametrize(
    ("size", "pane", "views"),
    [(LARGE, "1", ALL_VIEWS), (SMALL, "1", CHARTS), (SMALL, "2", {LAYERS}), (SMALL, "3", set())],
)
async def test_what_is_asked_for_is_what_is_on_screen(
    size: tuple[int, int], pane: str, views: set[str]
) -> None:
    async with running_app(client=PuppetClient(), size=size, fps=100) as test:
        await test.press(pane)
        await tell(test, 10, ALL_VIEWS)
        await test.until(lambda: wanted(test))
        assert wanted(test)[0] == views


async def test_each_view_is_asked_for_at_its_own_pace() -> None:
    now = 0.0
    async with running_app(client=PuppetClient(), fps=200, clock=lambda: now) as test:
        asked = []
        for iteration, at in enumerate((0.0, 0.1, 0.2, 0.3, 0.4, 0.5), 10):
            now = at
            test.client.sent.clear()
            await tell(test, iteration, ALL_VIEWS)
            await test.until(lambda: wanted(test))
            asked += wanted(test)[:1]
        assert asked == [ALL_VIEWS, NO_VIEWS, CHARTS, NO_VIEWS, CHARTS, {LAYERS}]


async def test_a_view_that_was_not_asked_for_keeps_what_it_shows() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        await tell(test, 30, ALL_VIEWS)
        await test.shows("Affine1")
        table = test.text_of("#gradient-table")
        await tell(test, 40, CHARTS)
        assert test.text_of("#gradient-table") == table


async def test_a_run_at_rest_is_asked_once_for_what_its_last_snapshot_did_not_hold() -> None:
    async with running_app(client=PuppetClient(), size=LARGE, fps=200) as test:
        await tell(test, 30, CHARTS, state=RunState.PAUSED)
        await test.until(lambda: wanted(test) == [{LAYERS}])
        await tell(test, 30, frozenset({LAYERS}), state=RunState.PAUSED)
        await test.shows("Affine1")
        await test.pilot.pause(0.05)
        assert wanted(test) == [{LAYERS}]


async def test_a_pane_that_comes_into_sight_is_filled_at_rest_too() -> None:
    async with running_app(size=SMALL) as test:
        await test.press("space")
        await test.shows("✓ finished")
        assert not any(LAYERS in views for views in wanted(test))
        await test.press("2")
        await test.until(lambda: wanted(test)[-1:] == [{LAYERS}])
        await test.shows("Affine1", " ok ")


async def test_nothing_is_asked_for_behind_the_step_screen_and_all_of_it_afterwards() -> None:
    async with running_app(size=LARGE) as test:
        await test.press("n")
        await test.shows(" 1/60")
        await test.press("s")
        await test.shows("iteration 2/60")
        asked = len(wanted(test))
        await test.press("w")
        await test.shows("iteration 3/60")
        await test.press("w")
        await test.shows("iteration 4/60")
        assert len(wanted(test)) == asked
        await test.press("escape", "escape")
        await test.shows(" 3/60")
        await test.until(lambda: len(wanted(test)) > asked)
        assert wanted(test)[-1] == ALL_VIEWS


async def test_a_regression_is_shown_by_its_error() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        (snapshot,) = snapshots(60)
        points = (Evaluation(0, 0.0, 3.0, 4.0), Evaluation(30, 3.0, 0.25, 0.5))
        training = replace(with_view(snapshot.training, evaluations=points), task="regression")
        test.puppet.tell(SnapshotTaken(replace(snapshot, training=training), True))
        await test.shows("Error (root mean square)", "train  0.2500", "test  0.5000", "epoch 3")
        assert "%" not in test.text_of("#metric-chart")
        assert "(nats)" not in test.text_of("#loss-chart")
        await test.until(lambda: "0.6" in test.text_of("#metric-chart"))


def test_an_axis_of_errors_holds_still_and_holds_all_of_the_trained_net() -> None:
    models = MetricChartModels()
    tops = []
    points = [Evaluation(0, 0.0, 50.0, 60.0)]
    for n in range(1, 40):
        points.append(Evaluation(n, n, 2.0 / n, 3.0 / n))
        model = models.model(TASKS["regression"], points, 40.0, width=60, height=20)
        assert all(model.y.low <= y <= model.y.high for line in model.lines for y in line.ys)
        assert max(line.ys[-1] for line in model.lines) == 3.0 / n
        tops.append(model.y.high)
    assert len(set(tops)) == 1
    assert not math.isclose(tops[0], 60.0, rel_tol=0.5), "the untrained net may be off the chart"
