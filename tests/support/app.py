"""Running the app under Textual's Pilot, and reading what it shows."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Select

from tests.support.clients import PuppetClient, ThreadClient
from tests.support.processes import ROOT
from tests.support.scripted_worker import SPIRAL
from tui_backprop.session.messages import Command, TakeSnapshot
from tui_backprop.session.stopwatch import Clock
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.app import TuiBackpropApp
from tui_backprop.ui.training.hyperparameter_form import HyperparameterForm
from tui_backprop.ui.training.hyperparameter_form.field_row import FieldRow

LARGE, SMALL, TINY = (130, 40), (80, 24), (60, 20)


class RecordingApp(TuiBackpropApp):
    """The app with a terminal of ours, since under Pilot it has none: a list of what is sent."""

    CSS_PATH = str(ROOT / "tui_backprop/ui/app.tcss")
    sent: list[str]

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and screen is self.screen:
            update = self.terminal.reduce(renderable, screen.outer_size, self.console)
            self.sent.append(update.render_segments(self.console))


class AppUnderTest:
    """The app, its pilot, and the client at its other side."""

    def __init__(
        self, app: RecordingApp, pilot: Pilot[None], client: ThreadClient | PuppetClient
    ) -> None:
        self.app = app
        self.pilot = pilot
        self.client = client

    @property
    def puppet(self) -> PuppetClient:
        """The client, where it is one that the test speaks for."""
        assert isinstance(self.client, PuppetClient)
        return self.client

    async def until(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait for a condition; fail with the screen when it does not come true."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"never came true\n{self.text}"
            await self.pilot.pause(0.005)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they are dealt with."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, *texts: str) -> None:
        """Wait until the screen shows all the texts."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def focus(self, name: str) -> FieldRow:
        """Put the cursor into a field with its text selected, and return its row."""
        row = self.row(name)
        row.query_one(Input).focus()
        await self.pilot.pause()
        return row

    async def type_into(self, name: str, text: str) -> FieldRow:
        """Replace a field's text as typing or pasting would, without Enter."""
        row = await self.focus(name)
        row.query_one(Input).value = text
        await self.pilot.pause()
        return row

    def is_focused(self, name: str) -> bool:
        """Return whether the cursor is in a field."""
        focused = self.app.screen.focused
        return focused is not None and self.row(name) in focused.ancestors

    def form_is_laid_out(self) -> bool:
        """Whether the form, which comes after the first frame, is there: where it is shown."""
        form = self.app.training_screen.query_one(HyperparameterForm)
        rows = [row for row in form.query(FieldRow) if row.display]
        applying = [field.name for field in form.values().applying_fields()]
        are_there = sorted(row.field.name for row in rows) == sorted(applying)
        return are_there and (not form.size or all(row.region.area for row in rows))

    def row(self, name: str) -> FieldRow:
        """Return a field's row of the form, which is made before it is first shown."""
        return self.app.training_screen.query_one(HyperparameterForm)._rows[name]

    def select(self, name: str) -> "Select[str]":
        """Return a field's list of choices."""
        return self.row(name).query_one(Select)

    def commands(self, kind: type[Command]) -> list[Command]:
        """Return the commands of a kind that were sent."""
        return [command for command in self.client.sent if isinstance(command, kind)]

    @property
    def orders(self) -> list[Command]:
        """The commands that were sent, but those that only look."""
        return [command for command in self.client.sent if not isinstance(command, TakeSnapshot)]

    @property
    def lines(self) -> list[str]:
        """What the screen shows, line by line, overlays included."""
        return [
            "".join(s.text for s in strip) for strip in self.app.screen._compositor.render_strips()
        ]

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self.lines)

    def text_of(self, selector: str) -> str:
        """Return what the screen shows in a widget's place."""
        (text,) = self.texts_of(selector)
        return text

    def texts_of(self, *selectors: str) -> list[str]:
        """Return what the screen shows in the places of several widgets at the same moment."""
        lines, texts = self.lines, []
        for selector in selectors:
            region = self.app.screen.query_one(selector, Widget).region
            rows = lines[region.y : region.bottom]
            texts.append("\n".join(row[region.x : region.right] for row in rows))
        return texts


@contextmanager
def quick_pilot(app: App[None]) -> Iterator[None]:
    """Have Textual's Pilot wait until the app is at rest, not until the process takes no CPU time.

    That is what each key, click, resize and pause ends with, and it takes a second whenever a
    trainer works in another thread.
    """

    async def wait(*_: object) -> bool:
        await app_at_rest(app)
        return True

    with (
        patch("textual.app.wait_for_idle", wait),
        patch("textual.pilot.wait_for_idle", wait),
        patch("textual.pilot.Pilot._wait_for_screen", wait),
    ):
        yield


async def app_at_rest(app: App[None], timeout: float = 1.0) -> None:
    """Wait until the event loop has nothing left to run, and what was changed is painted.

    An app that never rests, as when it shows a run at full speed, is left alone after a while.
    """
    runnable: Collection[object] = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    end = time.monotonic() + timeout
    await asyncio.sleep(0)
    while time.monotonic() < end:
        # Within a batch it would drop what it is to paint.
        if not runnable and app.screen_stack and not app._batch_count:
            app.screen._on_timer_update()
        if not runnable:
            return
        await asyncio.sleep(0)


@asynccontextmanager
async def running_app(
    hyperparameters: Hyperparameters = SPIRAL,
    *,
    size: tuple[int, int] = LARGE,
    client: ThreadClient | PuppetClient | None = None,
    start: bool = False,
    fps: float = 20.0,
    clock: Clock = time.perf_counter,
) -> AsyncIterator[AppUnderTest]:
    """Run the app; by default with a worker in a thread, and until that one is ready."""
    side = client or ThreadClient(time.perf_counter)
    app = RecordingApp(side, hyperparameters, start=start, fps=fps, clock=clock)
    app.sent = []
    try:
        with quick_pilot(app):
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                test = AppUnderTest(app, pilot, side)
                await test.until(test.form_is_laid_out)
                if client is None and not start:
                    await test.shows("press space")
                yield test
    finally:
        await asyncio.to_thread(side.close)
