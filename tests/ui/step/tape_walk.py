"""The app for a tape that no run is behind, and what its screen shows."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widget import Widget

from tests.support.app import LARGE
from tests.support.processes import ROOT
from tui_backprop.ui.step.step_screen import StepScreen
from tui_backprop.ui.tape_app import TapeApp
from tui_backprop.walkthrough.tape import Tape


class AppOfTape(TapeApp):
    """The app with its style sheet found from wherever the tests run."""

    CSS_PATH = str(ROOT / "tui_backprop/ui/app.tcss")


class TapeWalk:
    """The app and its pilot."""

    def __init__(self, app: AppOfTape, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> StepScreen:
        screen = self.app.screen
        assert isinstance(screen, StepScreen)
        return screen

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def text_of(self, selector: str) -> str:
        """Return what the screen shows in a widget's place."""
        region = self.app.screen.query_one(selector, Widget).region
        rows = self.text.splitlines()[region.y : region.bottom]
        return "\n".join(row[region.x : region.right] for row in rows)

    @property
    def status(self) -> str:
        return self.text_of("#step-status").strip()

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they are dealt with."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait for a condition; fail with the screen when it does not come true."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"never came true\n{self.text}"
            await self.pilot.pause(0.005)


@asynccontextmanager
async def walking_tape(
    tape: Tape, name: str = "batch.tape", *, size: tuple[int, int] = LARGE
) -> AsyncIterator[TapeWalk]:
    """Run the app on a tape, and wait until its first operation is shown."""
    app = AppOfTape(tape, name)
    async with app.run_test(size=size) as pilot:
        walk = TapeWalk(app, pilot)
        await walk.until(
            lambda: isinstance(app.screen, StepScreen) and f"1/{len(tape)}" in walk.text
        )
        yield walk
