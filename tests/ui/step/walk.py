"""A run stopped before an iteration, with the step screen open on its minibatch."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.app import LARGE, AppUnderTest, running_app
from tests.support.clients import ThreadClient
from tests.support.scripted_worker import SPIRAL
from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.step_screen import StepScreen

STEPS = 17
"""Operations of an iteration of a net with one hidden layer."""


class Walk:
    """The app with its step screen, and what that shows."""

    def __init__(self, test: AppUnderTest) -> None:
        self.test = test
        self.press = test.press
        self.shows = test.shows
        self.until = test.until

    @property
    def is_open(self) -> bool:
        return isinstance(self.test.app.screen, StepScreen)

    @property
    def screen(self) -> StepScreen:
        screen = self.test.app.screen
        assert isinstance(screen, StepScreen)
        return screen

    @property
    def traced(self) -> Traced:
        traced = self.screen._traced
        assert traced is not None
        return traced

    @property
    def status(self) -> str:
        return self.test.text_of("#step-status").strip()

    @property
    def step(self) -> int:
        """The number of the operation that the screen names."""
        found = re.search(r" (\d+)/\d+ *$", self.test.text_of("#tape-bar"))
        assert found, self.test.text
        return int(found[1])

    @property
    def title(self) -> str:
        """The operation that the screen names."""
        return self.test.text_of("#tape-bar").splitlines()[1].strip()

    @property
    def focus(self) -> str | None:
        focused = self.screen.focused
        return None if focused is None else focused.id

    def matrix(self, name: str = "result") -> MatrixView:
        return self.screen.query_one(f"#{name}", MatrixView)

    @property
    def trainer(self) -> Trainer:
        """The trainer behind the app; to be read while it rests."""
        client = self.test.client
        assert isinstance(client, ThreadClient)
        assert client.worker is not None
        trainer = client.worker._trainer
        assert trainer is not None
        return trainer

    async def settle(self) -> None:
        """Wait until two looks at the screen see the same."""
        before = ""
        while before != self.test.text:
            before = self.test.text
            await self.test.pilot.pause()

    async def go_to(self, step: int) -> None:
        """Go to an operation with the arrow keys."""
        while self.step != step:
            await self.press("right" if self.step < step else "left")

    async def commit(self) -> None:
        """Press w, and wait for the next minibatch or for why there is none."""
        shown = self.traced
        await self.press("w")
        await self.until(
            lambda: self.traced.iteration > shown.iteration or "not committed" in self.status
        )

    async def open(self) -> None:
        """Open the step screen."""
        await self.press("s")
        await self.until(lambda: self.is_open and re.search(r" \d+/\d+ *$", self.test.text, re.M))
        await self.settle()


@asynccontextmanager
async def walking(
    hyperparameters: Hyperparameters = SPIRAL,
    *,
    size: tuple[int, int] = LARGE,
    iterations: int = 0,
) -> AsyncIterator[Walk]:
    """Run the app, make some iterations, and stop to walk through the next one."""
    client = ThreadClient(time.perf_counter)
    async with running_app(hyperparameters, size=size, client=client) as test:
        await test.shows("○ ready")
        for count in range(1, iterations + 1):
            await test.press("n")
            await test.shows(f" {count}/{hyperparameters.iterations:,}", "paused")
        walk = Walk(test)
        await walk.open()
        yield walk
