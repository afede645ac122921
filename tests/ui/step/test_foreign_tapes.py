"""The step screen on a tape of other code: everything works, or steps aside in one line."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.tape_walk import walking_tape
from tests.walkthrough.foreign import odd_tape, wrong_at
from tests.walkthrough.nets import make_case, tape_of
from tui_backprop.ui.step.step_screen import StepScreen
from tui_backprop.walkthrough.tape import SampleFacts


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("max_bytes", [None, 50])
async def test_every_operation_is_shown(size: tuple[int, int], max_bytes: int | None) -> None:
    tape = odd_tape(max_bytes)
    async with walking_tape(tape, size=size) as walk:
        assert "batch.tape" in walk.status
        for step in tape:
            assert f"{step.number}/{len(tape)}" in walk.text_of("#tape-bar")
            assert step.title in walk.text_of("#tape-bar")
            if step.output.missing:
                assert step.output.missing in walk.text_of("#result")
            await walk.press("z", "z", "right")


async def test_what_is_not_declared_is_said_and_not_derived() -> None:
    async with walking_tape(odd_tape()) as walk:
        assert "No derivation is declared for aten.embedding" in walk.text_of("#words")
        await walk.press("enter")
        assert walk.status.endswith("no derivation is declared for aten.embedding")
        assert "7        5        4" in walk.text_of("#operand-1"), "token ids are whole"
        await walk.press("right", "right", "enter")
        assert "✓ up to rounding" in walk.text_of("#derivation")
        await walk.press("enter")
        assert walk.status.endswith("no derivation is declared for aten.view"), "a jump to x"
        assert "2/" in walk.text_of("#tape-bar")


async def test_a_label_is_no_markup() -> None:
    tape = odd_tape()
    steps = tuple(
        replace(step, output=replace(step.output, label=f"[red]{step.output.label}"))
        for step in tape
    )
    async with walking_tape(replace(tape, steps=steps)) as walk:
        assert "[red]wte.out (2,3,4)" in walk.text_of("#result")
        await walk.press("right", "right", "enter")
        assert "[red]h.0.mlp.fc1.out[" in walk.text_of("#derivation")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_what_a_tape_cannot_do_is_said_in_a_line(size: tuple[int, int]) -> None:
    async with walking_tape(odd_tape(), size=size) as walk:
        said = {
            "c": "nothing to check with",
            "C": "nothing to check with",
            "h": "nothing to check with",
            "w": "this tape is of none",
            "p": "wte.out is none",
            "G": "no row of boxes",
            "i": "no sample to show",
        }
        for key, line in said.items():
            await walk.press(key)
            assert line in walk.status, (key, walk.status)
            assert isinstance(walk.app.screen, StepScreen)
        assert not walk.screen.query_one("#sample").display


async def test_one_sample_and_a_place_to_go_to() -> None:
    async with walking_tape(odd_tape()) as walk:
        await walk.press("o")
        assert "Sample 0 alone" in walk.text
        await walk.press("escape")
        await walk.press("colon", *"total", "enter")
        assert "sum.forward" in walk.text_of("#tape-bar")
        await walk.press("question_mark")
        assert "Keys" in walk.text
        await walk.press("escape")


async def test_the_handout_of_a_tape_has_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with walking_tape(odd_tape(), "a/b .tape") as walk:
        await walk.press("x")
        await walk.until(lambda: " written in " in walk.status)
    (file,) = tmp_path.iterdir()
    assert file.name == "walkthrough-a-b-.tape.md"
    assert "## Gradient check" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_where_code_and_derivation_disagree_first_is_marked(size: tuple[int, int]) -> None:
    tape = wrong_at("dW2")
    number = tape.find("dW2").number
    async with walking_tape(tape, size=size) as walk:
        assert f"✗ code and derivation disagree first at step {number}" in walk.status
        await walk.press("colon", *str(number), "enter")
        assert "✗" in walk.text_of("#tape-bar")
        assert "✗ here code and derivation disagree first" in walk.status
        assert f"Step {number}, Affine2.backward: the code made dW2[" in walk.text_of("#words")


async def test_a_tape_of_our_own_shows_its_samples_without_a_run() -> None:
    tape = tape_of(make_case())
    facts = SampleFacts(output_names=("cat", "dog", "[b]owl"))
    async with walking_tape(replace(tape, facts=facts)) as walk:
        assert "Sample " in walk.text_of("#sample")
        assert "of 6 " in walk.text_of("#sample"), "without a place in a data set"
        assert "[b]owl" in walk.text_of("#sample")
        await walk.press("end")
        assert "first order foretold" in walk.status
        await walk.press("right_square_bracket", "G")
        assert "The net" in walk.text


async def test_leaving_the_screen_leaves_the_app() -> None:
    async with walking_tape(odd_tape()) as walk:
        await walk.press("escape", "escape")
        await walk.until(lambda: walk.app.return_code == 0)
