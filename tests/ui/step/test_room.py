"""Who gets the room: what needs it, before another panel gets blanks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.app import LARGE, SMALL, TINY
from tests.ui.step.walk import walking
from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.step.net_strip import NetStrip
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.ui.step.room import shares
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.graph import graph

XOR = Hyperparameters(**EXAMPLES["xor"].values)
DIGITS = Hyperparameters(**EXAMPLES["digits"].values)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.integers(0, 300))
def test_all_room_is_given_and_nobody_gets_blanks_while_another_lacks(
    needs: list[int], room: int
) -> None:
    got = shares(needs, room)
    assert sum(got) == room
    lacking = any(share < need for share, need in zip(got, needs, strict=True))
    blanks = any(share > need for share, need in zip(got, needs, strict=True))
    assert not (lacking and blanks)


@pytest.mark.parametrize("hyperparameters", [XOR, DIGITS])
@pytest.mark.parametrize("size", [LARGE, (100, 30), SMALL, TINY])
async def test_the_cell_stays_in_sight_beside_its_derivation(
    hyperparameters: Hyperparameters, size: tuple[int, int]
) -> None:
    async with walking(hyperparameters, size=size) as walk:
        await walk.go_to(8)
        await walk.press("enter")
        await walk.settle()
        screen = walk.screen
        result, derivation = screen.query_one("#result").region, screen.query_one("#derivation")
        if size[0] >= 100:
            assert result.right <= derivation.region.x
        else:
            assert result.bottom <= derivation.region.y
        value = screen._tape.step(8).output.array[screen._panes.subject]
        assert cell_text(float(value)) in walk.test.text_of("#result")


async def test_every_array_of_a_tiny_net_is_whole_without_a_minimap() -> None:
    async with walking(XOR, size=SMALL) as walk:
        tape = walk.screen._tape
        for number in range(1, len(tape) + 1):
            await walk.go_to(number)
            await walk.settle()
            assert "□" not in walk.test.text, tape.step(number).title


@pytest.mark.parametrize("size", [LARGE, (100, 30)])
async def test_where_there_would_be_blanks_stands_where_the_cell_comes_from(
    size: tuple[int, int],
) -> None:
    async with walking(XOR, size=size) as walk:
        tape = walk.screen._tape
        await walk.go_to(tape.find("dW2").number)
        await walk.settle()
        terms = derive(tape, walk.screen._path.place.step, walk.screen._panes.subject).terms
        assert len(terms) == 4
        assert walk.test.text_of("#derivation").count(" · dout[") == len(terms)
        # The cell alone is what the arrows are for: no stop of Tab on the way.
        await walk.press("tab", "tab", "tab")
        assert walk.screen.focused is walk.screen.query_one("#result")
        await walk.press("down")
        await walk.settle()
        row, column = walk.screen._panes.subject
        assert f"dW2[{row},{column}]" in walk.test.text_of("#derivation")
        await walk.press("escape", "enter")
        assert walk.screen.focused is walk.screen.query_one("#derivation")
        await walk.press("z")
        await walk.press("escape", "escape", "z")
        await walk.settle()
        assert not walk.screen.query_one("#derivation").display
        assert not walk.screen.query_one("#net-strip").display
        await walk.press("escape")
        await walk.settle()
        assert walk.screen.query_one("#derivation").display


async def test_a_click_on_a_term_beside_the_result_opens_the_derivation_at_it() -> None:
    async with walking(XOR, size=LARGE) as walk:
        await walk.go_to(walk.screen._tape.find("dW2").number)
        await walk.settle()
        await walk.test.pilot.click("#derivation", offset=(6, 3))
        await walk.settle()
        assert walk.screen._path.place.deriving
        assert walk.screen._path.place.choice.term == 1


async def test_the_net_of_a_tiny_net_stands_below_its_arrays() -> None:
    async with walking(XOR, size=LARGE) as walk:
        tape = walk.screen._tape
        for number in (1, tape.find("dW2").number, len(tape)):
            await walk.go_to(number)
            await walk.settle()
            strip = walk.screen.query_one(NetStrip)
            assert strip.display
            made = tape.step(number).output.symbol
            box = graph(tape).box_of(number)
            text = walk.test.text_of("#net-strip")
            assert "Softmax" in text
            assert (f"▸{made}" in text) is (box is not None)
            drawn = strip._bands
        await walk.press("]")
        await walk.settle()
        assert strip._bands != drawn
        await walk.test.pilot.resize_terminal(100, 30)
        await walk.test.until(lambda: not strip.display)


async def test_no_net_is_drawn_where_there_is_no_room() -> None:
    async with walking(Hyperparameters(dataset="digits", hidden=(60,)), size=SMALL) as walk:
        for number in range(1, len(walk.screen._tape) + 1):
            await walk.go_to(number)
        assert walk.screen.query_one(NetStrip)._bands == []


@pytest.mark.parametrize("size", [LARGE, (100, 30), SMALL])
async def test_no_term_that_nobody_asked_for_is_cut_off(size: tuple[int, int]) -> None:
    chain = "conv 2 3x3, relu, pool 2, affine 5, relu, affine 10"
    async with walking(Hyperparameters(dataset="digits", layers=chain), size=size) as walk:
        shown = 0
        for number in range(1, len(walk.screen._tape) + 1):
            await walk.go_to(number)
            await walk.settle()
            if walk.screen.query_one("#derivation").display:
                shown += 1
                terms = walk.test.text_of("#derivation").splitlines()[1:]
                assert not any("…" in line for line in terms), walk.test.text
        assert shown
