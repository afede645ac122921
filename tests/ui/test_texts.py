"""What the training process tells, in words."""

import pytest

from tui_backprop.session.messages import Refusal, Refused, Watching, WorkerEnded
from tui_backprop.ui.texts import READ_ONLY, ended_text, refusal_text, watching_text


@pytest.mark.parametrize(
    ("refused", "text"),
    [
        (Refused("", "", Refusal.READ_ONLY), READ_ONLY),
        (Refused("seed", "seed 1: too small"), "seed 1: too small"),
    ],
)
def test_a_refusal(refused: Refused, text: str) -> None:
    assert refusal_text(refused) == text


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        (WorkerEnded(-9, ""), "the training process was killed (SIGKILL)"),
        (WorkerEnded(-99, ""), "the training process was killed (99)"),
        (WorkerEnded(3, ""), "the training process has ended (exit status 3)"),
        (
            WorkerEnded(1, "Traceback …\nValueError: x\n"),
            "the training process failed: ValueError: x",
        ),
    ],
)
def test_an_end(ended: WorkerEnded, text: str) -> None:
    assert ended_text(ended) == text


@pytest.mark.parametrize(
    ("watching", "text"),
    [
        (None, ""),
        (Watching(trained=True), "watching"),
        (Watching(trained=False), "watching, nobody trains it"),
        (Watching(trained=True, silent_seconds=12), "watching, no sign of life for 12 s"),
    ],
)
def test_watching(watching: Watching | None, text: str) -> None:
    assert watching_text(watching) == text
