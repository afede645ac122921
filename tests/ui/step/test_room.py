"""Who gets the room: what needs it, before another panel gets blanks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.app import LARGE, SMALL, TINY
from tests.ui.step.walk import walking
from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.ui.step.room import shares

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
