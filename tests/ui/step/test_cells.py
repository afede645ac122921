"""Cells: cursor, derivations, jumps to sources and the way back, samples, zoom; the mouse too."""

import re

import numpy as np
import pytest

from tests.support.app import LARGE, SMALL, TINY
from tests.ui.step.walk import Walk, walking
from tui_backprop.ui.step.derivation_view import DerivationView
from tui_backprop.ui.step.numbers import cell_text


async def test_tab_gives_the_arrows_to_a_matrix_and_esc_gives_them_back() -> None:
    async with walking() as walk:
        await walk.press("tab")
        assert walk.focus == "operand-0"
        before = walk.matrix("operand-0").index
        await walk.press("down", "down", "right")
        assert walk.matrix("operand-0").index == (before[0] + 2, 1)
        assert walk.step == 1
        await walk.press("tab")
        assert walk.focus == "operand-1"
        await walk.press("shift+tab")
        assert walk.focus == "operand-0"
        await walk.press("escape")
        assert walk.focus is None
        await walk.press("right")
        assert walk.step == 2
        await walk.press("escape", "escape")
        await walk.until(lambda: not walk.is_open)


@pytest.mark.parametrize(
    ("size", "closed"),
    [(LARGE, "the arrows walk the tape again"), (TINY, "derivation closed")],
)
async def test_esc_does_one_thing_at_a_time_says_what_and_asks_before_it_leaves(
    size: tuple[int, int], closed: str
) -> None:
    # Where there is room the derivation stands beside the result, open or not.
    async with walking(size=size) as walk:
        await walk.go_to(8)
        await walk.press("tab", "z", "z", "escape")
        assert walk.status.endswith("all arrays again")
        assert walk.focus == "operand-0"
        await walk.press("escape")
        assert walk.status.endswith("the arrows walk the tape again")
        await walk.press("enter", "escape")
        assert walk.status.endswith(closed)
        await walk.press("escape")
        assert "Esc again leaves" in walk.status
        await walk.press("right", "escape")
        assert "Esc again leaves" in walk.status
        assert walk.is_open, "whoever went on is asked again"
        await walk.press("escape")
        await walk.until(lambda: not walk.is_open)


async def test_the_cursor_goes_by_pages_and_to_the_corners() -> None:
    async with walking() as walk:
        await walk.go_to(11)
        await walk.press("tab", "tab", "tab", "home")
        result = walk.matrix()
        assert walk.focus == "result"
        assert result.index == (0, 0)
        assert walk.matrix("operand-1").index[1] == 0, "the column that the subject is made of"
        await walk.press("end")
        assert result.index == (1, 7)
        await walk.press("escape", "left", "left")
        await walk.press("tab", "home", "pagedown")
        assert walk.matrix("operand-0").index[0] > 1
        assert walk.matrix("operand-0").index[1] == 0
        await walk.press("pageup")
        assert walk.matrix("operand-0").index == (0, 0)


async def test_the_status_reads_the_focused_matrix() -> None:
    async with walking() as walk:
        await walk.press("tab", "tab", "end")
        weight = walk.screen._tape.step(1).arrays["W"][1, 7]
        assert f"W1[1,7] = {weight:.6g}   min" in walk.status
        assert "‖·‖" in walk.status
        await walk.press("escape", "right")
        assert re.search(r"sample \d+ of 30", walk.status)


def reads(walk: Walk, symbol: str) -> bool:
    """Whether the chosen term of the derivation has an operand of that symbol."""
    operands = walk.screen.query_one(DerivationView).chosen_operands
    return symbol in {operand.symbol for operand in operands}


async def jump_three_back(walk: Walk) -> list[str]:
    """Jump from dW2 by dout, y and x to Affine2's scores, and return the screens on the way."""
    screens = []
    for number, keys in enumerate((["down", "right"], [], ["down"])):
        await walk.press(*keys)
        if number == 1 and not reads(walk, "y"):
            await walk.press("down")
        await walk.settle()
        screens.append(walk.test.text)
        await walk.press("enter")
        await walk.settle()
    return screens


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_three_sources_back_and_return_to_the_very_same_place(size: tuple[int, int]) -> None:
    async with walking(size=size, iterations=3) as walk:
        await walk.go_to(8)
        await walk.settle()
        before = walk.test.text
        await walk.press("enter")
        await walk.settle()
        assert walk.focus == "derivation"
        screens = await jump_three_back(walk)
        assert walk.title.startswith("Affine2.forward"), "of dy's y, of the softmax's x"
        assert "3 jumps from the start" in walk.status
        for screen in reversed(screens):
            await walk.press("backspace")
            await walk.settle()
            assert walk.test.text == screen
        assert walk.step == 8
        await walk.press("escape")
        await walk.settle()
        assert walk.status.endswith("the arrows walk the tape again")
        assert walk.test.text.splitlines()[1:] == before.splitlines()[1:]
        await walk.press("backspace")
        assert walk.status.endswith("no jump to return from")


async def test_a_derivation_shows_terms_that_add_up_to_the_cell() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.press("tab", "tab", "tab", "home", "enter")
        await walk.shows("dW2[0,0]   dW = xᵀ · dout")
        tape = walk.screen._tape
        shown = walk.test.text_of("#derivation")
        gradient = float(tape.step(8).output.array[0, 0])
        assert f"= {gradient:.6g}   30 terms, in float64" in shown
        assert "✓ up to rounding" in shown
        x, dout = tape.step(8).inputs
        found = re.search(r"▸ x\[(\d+),0\] · dout\[(\d+),0\] = ", shown)
        assert found
        assert found[1] == found[2]
        terms = [float(x.array[n, 0]) * float(dout.array[n, 0]) for n in range(30)]
        assert abs(terms[int(found[1])]) == max(map(abs, terms))
        await walk.press("z", *["pagedown"] * 30)
        assert f"Σ {sum(terms):.6g}" in walk.test.text_of("#derivation")


async def test_the_cells_a_derivation_reads_are_lit_in_the_operands() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.press("tab", "tab", "tab", "home", "enter")
        await walk.settle()
        lit = [walk.matrix(f"operand-{n}")._lit for n in (0, 1)]
        assert lit == [frozenset((n, 0) for n in range(30))] * 2


@pytest.mark.parametrize(
    ("step", "tabs", "leaf"),
    [
        (1, 1, "x[0,0] is the minibatch"),
        (1, 2, "W1[0,0] is a parameter"),
        (13, 2, "η is a hyperparameter"),
        (17, 1, "y′[0,0] is a second forward pass, with the updated parameters"),
    ],
)
async def test_a_leaf_says_what_it_is(step: int, tabs: int, leaf: str) -> None:
    async with walking(size=SMALL) as walk:
        await walk.go_to(step)
        await walk.press(*["tab"] * tabs, "home", "enter")
        assert walk.status.endswith(leaf)
        assert walk.step == step


async def test_the_leaves_of_terms_say_what_they_are_too() -> None:
    async with walking() as walk:
        await walk.go_to(14)
        await walk.press("enter", "left", "enter")
        assert walk.status.endswith("η is a hyperparameter")
        await walk.press("down", "enter")
        assert re.search(r"b1\[\d\] is a parameter$", walk.status)
        await walk.press("up", "right", "enter")
        assert walk.title.startswith("Affine1.backward   db"), "the operand next to η"


async def test_enter_on_an_operand_jumps_and_backspace_restores_cursor_and_focus() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.press("tab", "tab", "home", "down")
        await walk.press("enter")
        assert walk.title.startswith("SoftmaxWithLoss.backward")
        await walk.shows("dy[1,0]   dy = (y − t) / N")
        assert walk.status.endswith("1 jump from the start; Backspace returns to dy[1,0]")
        await walk.press("backspace")
        await walk.settle()
        assert walk.step == 8
        assert walk.focus == "operand-1"
        assert walk.matrix("operand-1").index == (1, 0)


async def test_esc_closes_a_derivation_and_the_cursor_stays() -> None:
    async with walking() as walk:
        await walk.go_to(11)
        await walk.press("tab", "tab", "tab", "home", "right", "down", "enter")
        await walk.shows("dW1[1,1]   ")
        await walk.press("escape")
        await walk.settle()
        assert "dW1[1,1]   " not in walk.test.text
        assert walk.focus == "result"
        assert walk.matrix().index == (1, 1)
        await walk.press("escape")
        assert walk.focus is None
        assert walk.is_open


async def test_brackets_go_round_the_samples() -> None:
    async with walking() as walk:
        tape = walk.screen._tape
        assert tape.targets is not None
        assert "Sample 0 of 30" in walk.test.text_of("#sample")
        await walk.press("left_square_bracket")
        assert "Sample 29 of 30" in walk.test.text_of("#sample")
        assert walk.status.split("  ")[-1].startswith(f"sample 29 of 30: label {tape.targets[29]},")
        assert walk.matrix().index[0] == 29
        await walk.press("right_square_bracket", "right_square_bracket")
        assert "Sample 1 of 30" in walk.test.text_of("#sample")
        assert walk.matrix().index[0] == 1
        index = walk.screen._tape.facts.indices[1]
        assert f"#{index} " in walk.test.text_of("#sample")
        await walk.press("right")
        assert walk.matrix().index[0] == 1, "the sample stays from step to step"


async def test_z_goes_from_numbers_to_tints_and_back() -> None:
    async with walking() as walk:
        await walk.press("tab", "tab", "home")
        await walk.settle()
        before = walk.test.text
        await walk.press("z")
        await walk.settle()
        assert walk.matrix("operand-1").region.width > 90
        assert walk.matrix("operand-1").region.height > 30
        assert walk.matrix().region.area == 0
        await walk.press("z")
        await walk.settle()
        assert "▀" in walk.test.text_of("#operand-1")
        assert "W1[0,0] = " in walk.test.text_of("#operand-1")
        await walk.press("z")
        await walk.settle()
        assert walk.test.text == before
        await walk.press("z", "escape")
        await walk.settle()
        assert walk.is_open
        assert walk.matrix().region.area > 0


async def test_z_gives_a_derivation_all_the_room() -> None:
    async with walking(size=SMALL) as walk:
        await walk.go_to(8)
        await walk.press("enter", "z")
        await walk.settle()
        assert walk.screen.query_one(DerivationView).region.height == 20
        await walk.press("z")
        await walk.settle()
        assert walk.matrix("operand-0").region.area > 0


async def test_a_zoomed_operand_that_the_next_step_lacks_gives_its_room_back() -> None:
    async with walking() as walk:
        await walk.press("tab", "tab", "tab", "z")
        walk.screen._play_on()
        await walk.settle()
        assert walk.matrix().region.area > 0


async def test_i_shows_the_sample_on_a_small_terminal() -> None:
    async with walking(size=SMALL) as walk:
        assert walk.screen.query_one("#sample").region.area == 0
        await walk.press("i")
        await walk.settle()
        shown = walk.test.text_of("#sample")
        assert "●" in shown
        assert len(re.findall(r" 0\.\d{4} ", shown)) == 3, "a probability for each class"
        assert walk.matrix().region.area == 0
        await walk.press("escape")
        await walk.settle()
        assert walk.is_open
        assert walk.matrix().region.area > 0
        await walk.press("i", "enter")
        await walk.settle()
        assert walk.screen.query_one(DerivationView).region.area > 0


async def test_clicks_choose_a_cell_open_it_and_follow_a_term() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        result = walk.matrix()
        column = walk.test.text_of("#result").splitlines()[1].index(" 2 ") + 1
        await walk.test.pilot.click(result, offset=(column, 4))
        await walk.settle()
        assert walk.focus == "result"
        assert result.index == (2, 2)
        await walk.test.pilot.click(result, offset=(column, 4))
        await walk.shows("dW2[2,2]   ")
        await walk.settle()
        derivation = walk.screen.query_one(DerivationView)
        await walk.test.pilot.click(derivation, offset=(10, 4))
        await walk.settle()
        assert "▸" in walk.test.text_of("#derivation").splitlines()[4]
        await walk.test.pilot.click(derivation, offset=(10, 4))
        await walk.until(lambda: walk.step != 8)


async def test_a_click_on_an_operand_goes_to_where_it_came_from() -> None:
    async with walking() as walk:
        await walk.go_to(9)
        operand = walk.matrix("operand-0")
        for _ in range(2):
            await walk.test.pilot.click(operand, offset=(10, 3))
            await walk.settle()
        assert walk.title.startswith("SoftmaxWithLoss.backward")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_the_sum_a_cell_is_divided_by_is_listed_term_by_term(size: tuple[int, int]) -> None:
    async with walking(size=size, iterations=1) as walk:
        await walk.go_to(4)
        scores = walk.screen._tape.step(4).arrays["x"][0]
        await walk.press("enter")
        await walk.settle()
        assert "the sum of 3 terms" in walk.test.text
        exponentials = np.sort(np.exp(scores - scores.max()))[::-1]
        listed = re.findall(r"= ([\d.]+)   Σ ([\d.]+)", walk.test.text)[1:]
        assert [float(value) for value, _ in listed] == pytest.approx(exponentials, rel=1e-3)
        totals = np.cumsum(exponentials)
        assert [float(total) for _, total in listed] == pytest.approx(totals, rel=1e-3)
        await walk.press("down", "down", "down", "enter")
        assert walk.title.startswith("Affine2"), "a divisor's operand has a source too"
        await walk.press("backspace")
        await walk.settle()
        assert walk.focus == "derivation"
        assert walk.screen.query_one(DerivationView).choice.term == 3


async def test_after_the_update_the_samples_pane_shows_what_is_predicted_now() -> None:
    async with walking() as walk:
        tape = walk.screen._tape
        last = tape.step(len(tape))
        for number, symbol in ((len(tape) - 1, "y"), (len(tape), "y′")):
            await walk.go_to(number)
            await walk.settle()
            y = tape.y if symbol == "y" else last.arrays["y"]
            assert y is not None
            sample = y[walk.screen._panes.sample]
            for probability in sample:
                assert cell_text(float(probability)) in walk.test.text_of("#sample")
            assert ("after the update" in walk.test.text_of("#sample")) is (symbol == "y′")
