"""The app that watches any run, under Pilot, with a source that the test speaks for."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.app import LARGE, quick_pilot
from tui_backprop.runs.foreign.reading import Reading
from tui_backprop.runs.foreign.step_series import MetricTable
from tui_backprop.runs.foreign.watched import WatchedRun
from tui_backprop.session.any_watch import AnyWatch
from tui_backprop.ui.any_run.any_run_app import AnyRunApp


class ScriptedSource:
    """A run that stands as the test says."""

    behind = False

    def __init__(self) -> None:
        self.table = MetricTable()
        self.run = WatchedRun("exp", "TensorBoard", "")
        self._news = True

    def read_on(self) -> bool:
        news, self._news = self._news, False
        return news

    def watched(self) -> WatchedRun:
        return self.run

    def tell(self, step: float, /, **values: float) -> None:
        """Add values; underscores in names stand for slashes where they are doubled."""
        self.table.take([Reading(n.replace("__", "/"), step, v) for n, v in values.items()])
        self._news = True

    def stands(self, **changes: object) -> None:
        self.run = replace(self.run, **changes)  # type: ignore[arg-type]
        self._news = True


class RecordingAnyRunApp(AnyRunApp):
    """The app with a list in the place of a terminal."""

    def __init__(self, watch: AnyWatch, *, prints: bool) -> None:
        super().__init__(watch, fps=50.0, prints=prints)
        self.sent: list[str] = []

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and screen is self.screen:
            update = self.terminal.reduce(renderable, screen.outer_size, self.console)
            self.sent.append(update.render_segments(self.console))


class AnyRunTest:
    """The app and what it shows."""

    def __init__(self, app: RecordingAnyRunApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in strip) for strip in strips)

    async def until(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"never came true\n{self.text}"
            await self.pilot.pause(0.005)

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.text for text in texts))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def watching_app(
    source: ScriptedSource, *, size: tuple[int, int] = LARGE, prints: bool = False
) -> AsyncIterator[AnyRunTest]:
    """Run the app on a source."""
    watch = AnyWatch(source)
    app = RecordingAnyRunApp(watch, prints=prints)
    try:
        with quick_pilot(app):
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                yield AnyRunTest(app, pilot)
    finally:
        await asyncio.to_thread(watch.close)
