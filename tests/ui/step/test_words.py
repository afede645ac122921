"""The words on the step screen, and the one subject that all of it is about."""

import re

import pytest
from rich.cells import cell_len

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import walking
from tui_backprop.ui.step.numbers import cell_text, long_text
from tui_backprop.ui.step.words_view import wrapped_sentences
from tui_backprop.walkthrough.subject import first_subject, related, worst_sample
from tui_backprop.walkthrough.words import words


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_the_words_are_of_the_subject_and_v_makes_them_longer_or_none(
    size: tuple[int, int],
) -> None:
    async with walking(size=size) as walk:
        await walk.go_to(8)
        await walk.settle()
        tape = walk.screen._tape
        said = words(tape, 8, first_subject(tape, 8).index, walk.screen._tape.output_names)
        shown = " ".join(walk.test.text_of("#words").split())
        assert shown == said.short
        await walk.press("v")
        await walk.shows("words: long")
        await walk.settle()
        shown = " ".join(walk.test.text_of("#words").split())
        assert said.long.startswith(shown)
        assert "chain rule" in shown
        await walk.press("v")
        await walk.settle()
        assert walk.test.text_of("#words") == ""
        await walk.press("v")
        await walk.shows("words: short")
        await walk.press("tab", "z")
        await walk.settle()
        assert walk.test.text_of("#words") == "", "a matrix that is zoomed has all the room"


async def test_moving_the_cursor_moves_words_operands_and_sample_together() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.press("tab", "tab", "tab", "home")
        await walk.settle()
        tape = walk.screen._tape
        assert "W2[0,0] joins" in walk.test.text_of("#words")
        used = related(tape, 8, (0, 0))
        assert walk.matrix("operand-0")._lit == used["x"].cells
        assert walk.matrix("operand-1")._lit == used["dout"].cells
        rows = {walk.matrix(f"operand-{n}").index[0] for n in (0, 1)}
        assert len(rows) == 1, "windows are aligned by sample"
        assert f"Sample {rows.pop()} of" in walk.test.text_of("#sample")
        await walk.press("down")
        await walk.settle()
        assert "W2[1,0] joins" in walk.test.text_of("#words")


async def test_moving_in_an_operand_moves_the_subject_to_a_cell_that_uses_it() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.press("tab", "home", "down", "down", "right")
        await walk.settle()
        assert walk.focus == "operand-0"
        assert walk.matrix("operand-0").index == (2, 1)
        assert walk.matrix().index[0] == 1
        assert walk.matrix("operand-1").index[0] == 2
        assert "Sample 2 of" in walk.test.text_of("#sample")
        assert "W2[1," in walk.test.text_of("#words")


async def test_the_first_subject_is_of_the_sample_the_net_gets_most_wrong() -> None:
    async with walking() as walk:
        worst = worst_sample(walk.screen._tape)
        assert f"Sample {worst} of 30" in walk.test.text_of("#sample")
        assert walk.matrix().index[0] == worst


async def test_titles_tie_the_formulas_symbols_to_names() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        await walk.settle()
        assert "x = Relu1.out (30,8)" in walk.test.text_of("#operand-0")
        assert "dout = dy (30,3)" in walk.test.text_of("#operand-1")
        await walk.go_to(16)
        await walk.settle()
        assert re.search(r"─ b2 \(3,\) ─", walk.test.text_of("#operand-0"))


@pytest.mark.parametrize("width", [20, 60, 98])
def test_words_are_cut_between_sentences(width: int) -> None:
    text = "One sentence of some words. Another one that is longer than the first. A third."
    for height in range(1, 8):
        lines = wrapped_sentences(text, width, height)
        assert len(lines) <= height
        assert all(cell_len(line) <= width for line in lines)
        assert text.startswith(" ".join(lines))
    assert " ".join(wrapped_sentences(text, width, 9)) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.001, "0.0010"), (0.00099996, "0.0010"), (0.0009, "9.0e-04"), (-0.00099996, "-0.0010")],
)
def test_a_thousandth_is_written_in_one_way(value: float, shown: str) -> None:
    assert cell_text(value) == shown


def test_no_zero_is_negative() -> None:
    assert long_text(-0.0) == "0"
