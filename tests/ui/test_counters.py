"""What a training frame costs, counted without a clock: bytes, lines, widgets, drawings."""

from dataclasses import replace

import pytest
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.support.app import LARGE, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import ScriptedWorker, with_view
from tui_backprop.session.messages import (
    Run,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
)
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.charts import plotext_adapter
from tui_backprop.ui.charts.chart_model import ChartModel
from tui_backprop.ui.painting.frugal_compositor import stacked
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.training.hyperparameter_form import HyperparameterForm

FRAMES = range(400, 1000, 20)
"""Iterations of a run of 1,000 that are shown: each frame adds a column or nearly so."""

TEN_FRAMES_A_SECOND = 10
BYTES_A_SECOND = 8000


def frames(iterations: int) -> list[SessionSnapshot]:
    """Return the snapshots of a run of the digits with so many iterations planned."""
    worker = ScriptedWorker()
    settings = Hyperparameters(dataset="digits", iterations=iterations)
    worker.say(Start(settings), Run())
    for iteration in FRAMES:
        worker.say(TakeSnapshot(), iteration=iteration)
    worker.say(None, iteration=FRAMES[-1])
    worker.play()
    return worker.snapshots[-len(FRAMES) :]


async def show(test: AppUnderTest, snapshot: SessionSnapshot) -> None:
    """Show a snapshot, its table and charts too, and wait until it has been painted."""
    test.puppet.tell(SnapshotTaken(snapshot, False))
    await test.shows(f" {snapshot.training.iteration:,}/")
    await test.pilot.pause(0.02)


async def test_a_training_run_is_light_on_the_link() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        first, *others = frames(FRAMES.stop)
        await show(test, first)
        sent = test.app.terminal.bytes_sent
        for snapshot in others:
            await show(test, snapshot)
        average = (test.app.terminal.bytes_sent - sent) / len(others)
        assert 0 < average < BYTES_A_SECOND / TEN_FRAMES_A_SECOND


async def test_a_frame_refreshes_few_lines() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        first, *others = frames(FRAMES.stop)
        await show(test, first)
        painted = list(test.app.screen.query(PaintedWidget))
        before = sum(widget.lines_refreshed for widget in painted)
        for snapshot in others:
            await show(test, snapshot)
        refreshed = sum(widget.lines_refreshed for widget in painted) - before
        assert 0 < refreshed / len(others) < LARGE[1] / 2


async def test_a_frame_renders_no_field_of_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[Widget] = []
    render = Widget.render_lines

    def noted(self: Widget, crop: Region) -> list[Strip]:
        rendered.append(self)
        return render(self, crop)

    monkeypatch.setattr(Widget, "render_lines", noted)
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        first, second, *_ = frames(FRAMES.stop)
        await show(test, first)
        assert any(isinstance(widget, HyperparameterForm) for widget in rendered)
        await test.pilot.pause(0.2)
        rendered.clear()
        # Looking at what the screen shows would render all of it.
        sent = test.app.terminal.bytes_sent
        test.puppet.tell(SnapshotTaken(second, False))
        await test.until(lambda: test.app.terminal.bytes_sent > sent)
        form = test.app.screen.query_one(HyperparameterForm)
        assert any(isinstance(widget, PaintedWidget) for widget in rendered)
        assert not [widget for widget in rendered if form in widget.ancestors_with_self]


async def test_a_chart_on_which_no_dot_moves_is_not_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[object] = []
    draw = plotext_adapter.draw_chart

    def noted(*arguments: object, **options: object) -> list[Strip]:
        drawn.extend(part for part in arguments if is_loss_chart(part))
        return draw(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(plotext_adapter, "draw_chart", noted)
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        # One bucket of a very long run: all that a frame changes is its lowest and its mean.
        (first, *_) = frames(1_000_000_000)
        await show(test, first)
        assert drawn
        drawn.clear()
        curve = first.training.views["loss_curve"]
        moved = curve._replace(mean=(*curve.mean[:-1], curve.mean[-1] * (1 + 1e-6)))
        training = replace(with_view(first.training, loss_curve=moved), iteration=777)
        await show(test, replace(first, training=training))
        assert not drawn
        await test.press("m")
        assert len(drawn) == 1


def is_loss_chart(drawing: object) -> bool:
    return isinstance(drawing, ChartModel) and drawing.x.label == "iteration"


def test_regions_above_each_other_are_one_area() -> None:
    lines = [Region(3, y, 10, 1) for y in (2, 9, 4)]
    assert stacked([*lines, Region(3, 1, 11, 1)]) == [Region(3, 2, 10, 8), Region(3, 1, 11, 1)]
    assert stacked([]) == []
