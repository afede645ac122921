"""Nets of other layers, optimizers and tasks on the step screen: every operation is shown."""

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import walking
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.walkthrough.subject import worst_sample

SINE = Hyperparameters(
    dataset="sine",
    hidden=(4,),
    activation="sigmoid",
    optimizer="adam",
    weight_std=1.0,
    learning_rate=0.01,
    batch_size=10,
    iterations=50,
)
NORMALIZED = Hyperparameters(
    dataset="spiral", hidden=(4,), optimizer="momentum", batch_size=20, iterations=50
).with_values(batch_norm="on", dropout=0.4)


@pytest.mark.parametrize(("settings", "size"), [(SINE, LARGE), (NORMALIZED, SMALL)])
async def test_every_operation_is_shown(settings: Hyperparameters, size: tuple[int, int]) -> None:
    async with walking(settings, size=size) as walk:
        for step in walk.screen._tape:
            assert walk.step == step.number
            assert step.title in walk.title
            if step.number % 10 == 2:
                await walk.press("enter")
                await walk.shows("✓ up to rounding")
                await walk.press("escape")
            await walk.press("right")


async def test_a_sample_of_a_regression_says_what_was_predicted_and_how_far_off() -> None:
    async with walking(SINE) as walk:
        tape = walk.screen._tape
        worst = worst_sample(tape)
        assert tape.y is not None
        assert tape.targets is not None
        assert worst is not None
        y, t = float(tape.y[worst, 0]), float(tape.targets[worst, 0])
        assert f"sample {worst} of 10: sin(2πx) {t:.4g}, predicted {y:.4g}" in walk.status
        shown = walk.test.text_of("#sample")
        assert f"y {y:.4f}" in shown
        assert f"off by {y - t:.4f}" in shown
        assert "●" in shown
        await walk.press("C")
        await walk.shows("every gradient is right")
