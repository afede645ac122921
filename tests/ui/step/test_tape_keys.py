"""Moving along the tape: by one operation, by phases, to its ends, by itself, by mouse."""

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import STEPS, walking
from tui_backprop.ui.step import player
from tui_backprop.ui.step.tape_bar import TapeBar


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_every_step_is_named_with_its_formula_there_and_back(size: tuple[int, int]) -> None:
    async with walking(size=size) as walk:
        tape = walk.screen._tape
        for numbers, key in ((range(1, STEPS), "right"), (range(STEPS, 1, -1), "left")):
            for number in numbers:
                step = tape.step(number)
                assert walk.step == number
                assert walk.title.startswith(step.title)
                assert step.formula in walk.title
                assert f"╭─ {step.output.label} " in walk.test.text_of("#result")
                await walk.press(key)
        assert walk.step == 1
        await walk.press("left")
        assert walk.step == 1, "the tape starts here"
        await walk.press("end", "right")
        assert walk.step == STEPS, "the tape ends here"


async def test_the_shapes_stand_beside_the_formula() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        assert walk.title.startswith("Affine2.backward   dW = xᵀ · dout   (8,30)·(30,3) → (8,3)")


async def test_the_same_place_shows_the_same_screen_coming_from_either_side() -> None:
    async with walking() as walk:
        there = []
        for number in range(1, STEPS + 1):
            await walk.go_to(number)
            await walk.settle()
            there.append(walk.test.text)
        for number in range(STEPS, 0, -1):
            await walk.go_to(number)
            await walk.settle()
            assert walk.test.text == there[number - 1]


async def test_shift_and_the_arrows_go_from_phase_to_phase() -> None:
    async with walking() as walk:
        seen = []
        for key in ["shift+right"] * 4 + ["shift+left"] * 5:
            await walk.press(key)
            seen.append(walk.step)
        assert seen == [4, 6, 13, 17, 13, 6, 4, 1, 1]


async def test_home_and_end_go_to_the_ends() -> None:
    async with walking() as walk:
        await walk.press("end")
        assert walk.step == STEPS
        assert "foretold" in walk.status
        await walk.press("home")
        assert walk.step == 1


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tape play ten times as fast as it says."""
    monkeypatch.setattr(player, "SECONDS", 0.1)


@pytest.mark.usefixtures("hurried")
async def test_space_plays_to_the_end_and_then_from_the_start() -> None:
    async with walking() as walk:
        await walk.go_to(2)
        await walk.press("space")
        await walk.shows("playing, 1/s: space stops")
        await walk.until(lambda: walk.step == STEPS)
        await walk.until(lambda: "playing" not in walk.status)
        await walk.press("space")
        await walk.until(lambda: 1 < walk.step < STEPS)
        await walk.press("space")
        stopped_at = walk.step
        await walk.test.pilot.pause(0.3)
        assert walk.step == stopped_at


async def test_plus_and_minus_change_the_speed_up_to_its_bounds() -> None:
    async with walking() as walk:
        shown = []
        for key in ["plus"] * 4 + ["minus"] * 5:
            await walk.press(key)
            shown.append(walk.status.rpartition(" at ")[2])
        assert shown == ["2/s", "4/s", "8/s", "8/s", "4/s", "2/s", "1/s", "0.5/s", "0.5/s"]


@pytest.mark.usefixtures("hurried")
async def test_the_speed_can_be_changed_while_it_plays() -> None:
    async with walking() as walk:
        await walk.press("minus", "space", "equals_sign", "plus")
        await walk.until(lambda: walk.step == STEPS)


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_click_on_a_mark_goes_there(size: tuple[int, int]) -> None:
    async with walking(size=size) as walk:
        for number in (12, 1, 5, 17):
            bar = walk.screen.query_one(TapeBar)
            places = {n: start for start, _, n in bar._places}
            if number not in places:
                await walk.go_to(number)
                await walk.settle()
                places = {n: start for start, _, n in bar._places}
            await walk.test.pilot.click(bar, offset=(places[number] + 1, 0))
            await walk.settle()
            assert walk.step == number


async def test_playing_takes_the_arrows_back_from_a_matrix_that_the_next_step_lacks() -> None:
    async with walking() as walk:
        await walk.press("tab", "tab", "tab")
        assert walk.focus == "operand-2"
        await walk.press("shift+tab", "space")
        walk.screen._play_on()
        await walk.settle()
        assert walk.step == 2
        assert walk.focus is None
