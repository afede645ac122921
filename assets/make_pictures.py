"""Makes the README's pictures from the real app: `python assets/make_pictures.py`."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import my_net
from textual.pilot import Pilot

from tui_backprop.own.tracing import trace_own
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.client import ProcessClient
from tui_backprop.session.messages import RunState
from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.app import TuiBackpropApp
from tui_backprop.ui.program_app import ProgramApp
from tui_backprop.ui.tape_app import TapeApp
from tui_backprop.walkthrough.tape import Tape

ASSETS = Path(__file__).parent
SIZE = (130, 40)


def save_picture(app: ProgramApp, name: str) -> None:
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


async def open_step_screen(pilot: Pilot[None], app: TuiBackpropApp, epochs: int) -> None:
    """Train so many epochs, and open the step screen on the minibatch that comes next."""
    await wait_until(pilot, lambda: app.training_screen.state is RunState.READY)
    for _ in range(epochs):
        await pilot.press("e")
        await pilot.pause(0.2)
        await wait_until(pilot, lambda: app.training_screen.state is RunState.PAUSED)
    await pilot.press("s")
    await wait_until(pilot, lambda: app.screen.id == "step-screen")
    await pilot.pause(0.5)


async def pictures_of_a_step() -> None:
    """Stop the default run after two epochs: dW2 in words, where a cell came from, its path."""
    client = ProcessClient()
    app = TuiBackpropApp(client, Hyperparameters(), start=False)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await open_step_screen(pilot, app, 2)
            await pilot.press("shift+right", "shift+right", "right", "right")
            await pilot.pause(0.5)
            save_picture(app, "words.svg")
            await pilot.press("enter")
            await pilot.pause(0.5)
            save_picture(app, "step.svg")
    finally:
        client.close()


async def pictures_of_xor() -> None:
    """Step into the tiny net: one sample alone, the net as a graph, a path to a gradient."""
    client = ProcessClient()
    app = TuiBackpropApp(client, Hyperparameters(**EXAMPLES["xor"].values), start=False)
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            await open_step_screen(pilot, app, 3)
            for key, name in (("o", "sample.svg"), ("G", "graph.svg")):
                await pilot.press(key)
                await pilot.pause(0.5)
                save_picture(app, name)
                await pilot.press("escape")
            await pilot.press("colon", *"dW1", "enter")
            await pilot.pause(0.3)
            await pilot.press("p")
            await pilot.pause(0.5)
            save_picture(app, "path.svg")
    finally:
        client.close()


async def pictures_of_a_convolutional_net() -> None:
    """Stop a small one: a window under a filter, as tints, and a batch normalization."""
    client = ProcessClient()
    chain = "conv 4 3x3, relu, pool 2, affine 20, batch_norm, relu, affine 10"
    settings = Hyperparameters(dataset="digits", layers=chain, init="he")
    app = TuiBackpropApp(client, settings, start=False)
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            await open_step_screen(pilot, app, 5)
            await pilot.press("home", "t")
            await pilot.pause(0.5)
            save_picture(app, "convolution.svg")
            await pilot.press("colon", *"BatchNorm1.xn", "enter")
            await pilot.pause(0.5)
            save_picture(app, "batch_norm.svg")
    finally:
        client.close()


async def picture_of_a_tape(tape: Tape, name: str, picture: str, place: str) -> None:
    """Open a tape that other code has made, go to a place on it, and take its picture."""
    app = TapeApp(tape, name)
    async with app.run_test(size=SIZE) as pilot:
        await wait_until(pilot, lambda: app.screen.id == "step-screen")
        await pilot.press("colon")
        await pilot.pause(0.3)
        await pilot.press(*place, "enter")
        await pilot.pause(0.5)
        save_picture(app, picture)


def tape_of_a_model() -> Tape | None:
    """Return one iteration of a small transformer's block, None where torch is missing."""
    try:
        import torch
    except ImportError:
        print("torch is not installed: pytorch.svg stays as it is")  # noqa: T201
        return None
    from tui_backprop.pytorch import trace

    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = torch.nn.Sequential(layer, torch.nn.Flatten(), torch.nn.Linear(24, 3))
    loss = torch.nn.CrossEntropyLoss()
    x, t = torch.randn(4, 3, 8), torch.randint(0, 3, (4,))
    return trace(model, loss, x, t, torch.optim.Adam(model.parameters()))


if __name__ == "__main__":
    limit_blas_threads()
    asyncio.run(picture_of_training())
    asyncio.run(pictures_of_a_step())
    asyncio.run(pictures_of_xor())
    asyncio.run(pictures_of_a_convolutional_net())
    own = trace_own(*my_net.build(), "MyNet")
    asyncio.run(picture_of_a_tape(own, "MyNet", "own_net.svg", "9"))
    if (model := tape_of_a_model()) is not None:
        asyncio.run(
            picture_of_a_tape(model, "Sequential", "pytorch.svg", "0.self_attn.safe_softmax.dx")
        )
