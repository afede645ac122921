"""The gradient checks on screen, and the walkthrough as a file."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.app import LARGE, SMALL, TINY
from tests.ui.step.walk import walking
from tui_backprop.check_words import VERDICT_WORDS
from tui_backprop.nn import Relu
from tui_backprop.session import walkthrough_worker
from tui_backprop.session.walkthrough_messages import CheckNet, CommitTrace
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.walkthrough.full_check import NetCheck, check_pieces
from tui_backprop.walkthrough.gradient_check import STEP_SIZES, check_cell


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_c_checks_the_cell_under_the_results_cursor(size: tuple[int, int]) -> None:
    async with walking(size=size, iterations=2) as walk:
        await walk.go_to(11)
        await walk.press("tab", "tab", "tab", "home", "right", "c")
        await walk.shows("Gradient check of dW1[0,1], in float64", "relative error")
        trainer = walk.trainer
        batch = trainer.next_minibatch()
        expected = check_cell(trainer.net, batch.x, batch.t, "W1", (0, 1))
        shown = walk.test.text_of("#check")
        assert f"(L(θ+h) − L(θ−h)) / 2h = {expected.numerical:.10g}   at h = 0.0001" in shown
        assert f"backprop = {expected.backprop:.10g}   on the tape" in shown
        assert VERDICT_WORDS[expected.verdict] in shown
        for h in STEP_SIZES:
            assert f"h {h:.0e}" in shown, "the error against h"
        await walk.press("escape")
        await walk.settle()
        assert walk.screen.query_one("#check").region.area == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
async def test_a_check_at_60x20_is_whole_beside_the_cell_it_checks(dtype: str) -> None:
    digits = Hyperparameters(
        dataset="digits", hidden=(64, 32), weight_std=0.2, dtype=dtype, batch_size=20
    )
    async with walking(digits, size=TINY) as walk:
        await walk.go_to(10)
        await walk.press("c")
        await walk.shows("Gradient check of dW3")
        for h in STEP_SIZES:
            await walk.until(lambda: re.search(r"at h = \S+ +│", walk.test.text))
            shown = walk.test.text_of("#check")
            assert "…" not in shown
            assert re.search(r"backprop = \S+ +tape -?\d\S*\d +│", shown)
            assert f"h {h:.0e}" in shown, "the error against h"
            await walk.press("h")
        assert re.search(r"│ *\d+ +-?\d", walk.test.text_of("#result")), "a row of dW3"
        await walk.press("C")
        await walk.shows("✓ every gradient is right")
        shown = walk.test.text_of("#check")
        assert "verdict" in shown
        assert len(re.findall(r" agrees +│", shown)) == 6
        assert "…" not in shown


async def test_c_elsewhere_says_where_it_works() -> None:
    async with walking(size=SMALL) as walk:
        await walk.press("c")
        assert walk.status.endswith("c checks a dW or db: go to a step that makes one")
        await walk.press("right")
        assert "c checks" not in walk.status


async def test_h_goes_round_all_step_sizes() -> None:
    async with walking() as walk:
        await walk.go_to(9)
        await walk.press("c")
        await walk.shows("relative error")
        seen = []
        for _ in STEP_SIZES:
            found = re.search(r"at h = (\S+)", walk.test.text_of("#check"))
            assert found
            seen.append(float(found[1]))
            await walk.press("h")
        assert sorted(seen) == sorted(STEP_SIZES)
        assert f"at h = {seen[0]:g} " in walk.test.text_of("#check"), "and round again"
        await walk.press("escape", "h")
        assert walk.status.endswith("h = 1e-05 for the next check")


async def test_capital_c_checks_every_parameter() -> None:
    async with walking(iterations=2) as walk:
        await walk.press("C")
        await walk.shows("✓ every gradient is right")
        shown = walk.test.text_of("#check")
        for key in ("W1   (2,8) ", "b1   (8,) ", "W2   (8,3) ", "b2   (3,) "):
            line = next(line for line in shown.splitlines() if key in line)
            assert re.search(r"\d\.\de-\d+ +\d\.\de-\d+ +\d+ +\d+ +\d+ +\d+ +agrees", line)
        await walk.press("h")
        await walk.shows("every entry at h = 1e-05", "✓ every gradient is right")


async def test_a_check_that_takes_a_while_shows_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = threading.Event()

    def halfway_until_seen(*arguments: Any) -> Iterator[NetCheck]:
        for piece in check_pieces(*arguments):
            if piece.done >= piece.total / 2:
                yield piece
                assert seen.wait(10.0)

    monkeypatch.setattr(walkthrough_worker, "check_pieces", halfway_until_seen)
    async with walking(Hyperparameters(dataset="digits", hidden=(100,))) as walk:
        await walk.press("C")
        await walk.until(lambda: re.search(r" [\d,]+ of 7,510 entries", walk.test.text))
        assert "━" in walk.test.text_of("#check")
        await walk.press("right")
        assert walk.step == 2, "the screen goes on meanwhile"
        seen.set()
        await walk.press("C")
        await walk.shows("✓ every gradient is right")


async def test_a_broken_backward_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Relu.backward
    monkeypatch.setattr(Relu, "backward", lambda self, dout: 1.05 * right(self, dout))
    async with walking(iterations=2, size=SMALL) as walk:
        await walk.press("C")
        await walk.shows("✗ a gradient is WRONG", "WRONG at W1[", "WRONG at b1[")
        shown = walk.test.text_of("#check")
        assert len(re.findall("agrees", shown)) == 2
        await walk.go_to(11)
        await walk.press("c")
        await walk.shows("the gradient is wrong")


async def test_x_writes_the_walkthrough_into_the_folder_it_was_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with walking(iterations=2) as walk:
        await walk.press("x")
        await walk.shows("walkthrough-iteration-3.md written in ")
        text = (tmp_path / "walkthrough-iteration-3.md").read_text(encoding="utf-8")
        assert "Iteration 3 on spiral, net 2-8-3." in text
        assert "| --learning-rate | 0.5 |" in text
        assert "## 8/17 Affine2.backward (backward)" in text
        assert "## Gradient check" in text
        await walk.press("x")
        await walk.shows("walkthrough-iteration-3-2.md written in ")
        assert (tmp_path / "walkthrough-iteration-3-2.md").read_text(encoding="utf-8") == text
        assert len(walk.test.commands(CheckNet)) == 1, "the check is not done again"


async def test_an_unwritable_folder_gets_a_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    async with walking(iterations=2, size=SMALL) as walk:
        await walk.go_to(8)
        monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "nowhere")
        await walk.press("x")
        await walk.until(lambda: "not written, No such file or directory: " in walk.status)
        assert walk.step == 8
        monkeypatch.setattr(Path, "cwd", lambda: tmp_path)
        await walk.press("x")
        await walk.until(lambda: (tmp_path / "walkthrough-iteration-3.md").exists())


async def test_w_waits_for_an_export_under_way() -> None:
    async with walking() as walk:
        walk.screen.checks.exporting = True
        await walk.press("w")
        assert walk.status.endswith("w waits: the walkthrough is being written")
        assert not walk.test.commands(CommitTrace)


async def test_checks_and_exports_change_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with walking(iterations=2) as walk:
        before = {key: param.copy() for key, param in walk.trainer.net.params.items()}
        await walk.go_to(8)
        await walk.press("c", "C", "x")
        await walk.shows("written in ")
        for key, param in walk.trainer.net.params.items():
            assert np.array_equal(param, before[key])
