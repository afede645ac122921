"""Makes the README's pictures from the real app: `python assets/make_pictures.py`."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from tui_backprop.training.hyperparameters import Hyperparameters

from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.client import ProcessClient
from tui_backprop.session.messages import RunState
from tui_backprop.ui.app import TuiBackpropApp

ASSETS = Path(__file__).parent
SIZE = (130, 40)


def save_picture(app: TuiBackpropApp, name: str) -> None:
    """Save what the app shows, without the fonts that the picture would load from elsewhere."""
    picture = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
    (ASSETS / name).write_text(picture, encoding="utf-8")


async def wait_until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app run until the condition holds."""
    while not condition():
        await pilot.pause(0.05)


async def picture_of_training() -> None:
    """Train the default run to the end, and take its picture."""
    client = ProcessClient()
    app = TuiBackpropApp(client, Hyperparameters(), start=True)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await wait_until(pilot, lambda: app.training_screen.state is RunState.FINISHED)
            await pilot.pause(0.5)
            save_picture(app, "training.svg")
    finally:
        client.close()


async def picture_of_a_step() -> None:
    """Stop a run after two epochs, and ask a cell of dW2 where its number came from."""
    client = ProcessClient()
    app = TuiBackpropApp(client, Hyperparameters(), start=False)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await wait_until(pilot, lambda: app.training_screen.state is RunState.READY)
            for _ in range(2):
                await pilot.press("e")
                await pilot.pause(0.2)
                await wait_until(pilot, lambda: app.training_screen.state is RunState.PAUSED)
            await pilot.press("s")
            await wait_until(pilot, lambda: app.screen.id == "step-screen")
            await pilot.press("shift+right", "shift+right", "right", "right", "enter")
            await pilot.pause(0.5)
            save_picture(app, "step.svg")
    finally:
        client.close()


if __name__ == "__main__":
    limit_blas_threads()
    asyncio.run(picture_of_training())
    asyncio.run(picture_of_a_step())
