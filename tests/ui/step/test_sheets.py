"""The sheets over the step screen: a path, one sample alone, the graph."""

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import Walk, walking
from tests.walkthrough.nets import make_case
from tui_backprop.nn.operation import Index
from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.step.sheets import path_sheet, sample_sheet
from tui_backprop.walkthrough.derivation import Cell
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.trace import trace

XOR = Hyperparameters(**EXAMPLES["xor"].values)


def _tape() -> Tape:
    case = make_case()
    return trace(case.net, case.optimizer, case.x, case.t)


def test_a_path_lists_every_sample_and_opens_the_largest_down_to_the_scores() -> None:
    tape = _tape()
    index: Index = (2, 3)
    lines = path_sheet(tape, Cell(tape.find("dW1").number, index)).lines
    assert lines[0].startswith("dW1[2,3] = ")
    assert "a sum over samples, largest first" in lines[0]
    assert "x[" in lines[1]
    assert "(Affine1.out[" in lines[1]
    assert sum(line.startswith("  Affine2.dx[") and "   Σ " in line for line in lines) == 6
    assert sum(line.startswith("  dy[") and "   Σ " in line for line in lines) == 3
    assert max(map(len, lines)) < 80
    assert "the path ends" in lines[-1]


def test_a_large_array_of_one_sample_is_summed_up() -> None:
    case = make_case((100, 5, 3))
    lines = sample_sheet(trace(case.net, case.optimizer, case.x, case.t), 0).lines
    assert any(line.startswith("W1") and "(100,5)  ‖·‖" in line for line in lines)
    assert max(map(len, lines)) < 100


@pytest.mark.parametrize("size", [LARGE, SMALL, (100, 30)])
async def test_each_key_opens_its_sheet_and_esc_gives_the_step_back(size: tuple[int, int]) -> None:
    async with walking(XOR, size=size) as walk:
        await walk.go_to(8)
        await walk.settle()
        before = walk.test.text
        for key, title in (("p", "From the loss"), ("o", " alone "), ("G", "The net, and sample")):
            await walk.press(key)
            await walk.shows(title)
            await walk.press("escape")
            await walk.settle()
            assert walk.test.text == before
        await walk.go_to(1)
        await walk.press("p")
        assert "Affine1.out is none" in walk.status


async def test_a_whole_pass_of_xor_fits_on_a_screen_of_100_by_30() -> None:
    async with walking(XOR, size=(100, 30)) as walk:
        sample = walk.screen._panes.sample
        lines = sample_sheet(walk.screen._tape, sample).lines
        await walk.press("o")
        await walk.shows("alone")
        await walk.test.pilot.pause()
        assert len(lines) <= 27
        for label in ("x ", "W1", "loss", "dy", "dW2", "dW1", "db1"):
            assert label in walk.test.text


async def _arrives_at(walk: Walk, step: int) -> None:
    await walk.until(lambda: walk.is_open and walk.step == step)


async def test_a_colon_asks_where_to_go() -> None:
    async with walking(XOR) as walk:
        for text, step in (("dW1[1,2]", 11), ("8", 8), ("softmax", 4)):
            await walk.press("colon", *text)
            await walk.press("enter")
            await _arrives_at(walk, step)
            await walk.settle()
        await walk.press("colon", *"nowhere", "enter")
        await walk.shows("is none of the tape's")
        await walk.press("colon", "escape")
        await walk.settle()
        assert walk.is_open
        assert walk.step == 4


async def test_what_is_cut_off_comes_into_sight_and_the_next_sheet_begins_at_its_left_end() -> None:
    async with walking(XOR, size=(60, 24)) as walk:
        await walk.press("colon", *"dW1[1,2]", "enter")
        await _arrives_at(walk, 11)
        await walk.press("p")
        await walk.shows("dW1[1,2] = ")
        await walk.press("right", "right")
        await walk.shows("Σ the sum so far")
        await walk.press("enter")
        await walk.shows("one summand, factor by factor", "│   Affine2.dx[2,2]")
        await walk.press("right", "escape")
        await walk.shows("dW1[1,2] = ")


async def test_a_path_is_walked_down_to_a_factor_and_its_operation() -> None:
    async with walking(XOR, size=SMALL) as walk:
        await walk.press("colon", *"dW1[1,2]", "enter")
        await _arrives_at(walk, 11)
        await walk.press("p")
        await walk.shows("from the gradient", "Σ the sum so far")
        await walk.press("enter")
        await walk.shows("one summand, factor by factor")
        await walk.press("escape")
        await walk.shows("Σ the sum so far")
        await walk.press("down", "enter")
        await walk.shows("the gradient it comes from")
        await walk.press("enter")
        await walk.shows("no operation made it")
        await walk.press("down", "enter")
        await walk.until(lambda: walk.is_open and walk.step != 11)
        assert walk.screen._path.place.deriving
        await walk.press("backspace")
        assert walk.step == 11


async def test_the_command_palette_leads_to_an_operation() -> None:
    async with walking(XOR) as walk:
        await walk.press("ctrl+p", *"Affine1 dW")
        await walk.shows("Affine1.backward: dW = ")
        await walk.press("enter")
        await _arrives_at(walk, 11)
