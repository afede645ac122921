"""The step screen on a net of pictures: planes by keys, windows that are lit, numbers or tints."""

import re

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import Walk, walking
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.walkthrough.subject import related

CONV = Hyperparameters(
    dataset="digits",
    layers="conv 2 3x3, relu, pool 2, affine 10",
    batch_size=3,
    iterations=5,
    weight_std=0.3,
)
DEEP = CONV.with_value("layers", "conv 2 3x3 pad 1, relu, pool 2, conv 3 3x3, affine 10")


async def focus(walk: Walk, name: str) -> None:
    """Give the arrows to a matrix."""
    while walk.focus != name:
        await walk.press("tab")


async def go_to_cell(walk: Walk, index: tuple[int, ...]) -> None:
    """Make a cell of the result the subject."""
    walk.screen._path.select(index)
    walk.screen._show()
    await walk.settle()


async def test_a_convolutional_net_is_walked_through_cell_by_cell() -> None:
    async with walking(CONV) as walk:
        seen = {}
        for step in range(1, 18):
            await walk.go_to(step)
            matrix = walk.matrix()
            assert matrix.named is not None
            shape = matrix.named.array.shape
            index = matrix.index
            assert len(index) == len(shape)
            assert all(0 <= place < size for place, size in zip(index, shape, strict=True))
            matrix.look_at(index)
            assert matrix.index == index
            seen[matrix.named.label] = shape
        assert seen["Conv1.out"] == (3, 2, 6, 6)
        assert seen["Pool1.dx"] == (3, 2, 6, 6)
        assert seen["dW1"] == (2, 1, 3, 3)


async def test_the_cursor_stays_in_its_plane_and_keys_go_to_others() -> None:
    async with walking(CONV) as walk:
        matrix = walk.matrix()
        await go_to_cell(walk, (1, 0, 5, 2))
        await focus(walk, "result")
        await walk.press("down", "right")
        assert matrix.index == (1, 0, 5, 3), "5 is the last row"
        await walk.press("right_curly_bracket")
        assert matrix.index == (1, 1, 5, 3)
        await walk.press("right_curly_bracket")
        assert matrix.index == (1, 0, 5, 3), "round and round"
        await walk.press("left_square_bracket")
        assert matrix.index == (0, 0, 5, 3)
        assert "sample 0, channel 0" in walk.test.text_of("#result")
        assert "Sample 0 of 3" in walk.test.text_of("#sample")
        assert walk.matrix("operand-0").index[0] == 0, "x shows the same sample"


async def test_without_a_focus_the_keys_move_the_subject() -> None:
    async with walking(CONV) as walk:
        await go_to_cell(walk, (1, 0, 5, 2))
        await walk.press("right_curly_bracket", "right_square_bracket")
        assert walk.focus is None
        assert walk.screen._panes.subject == (2, 1, 5, 2)
        assert walk.matrix("operand-1").index[0] == 1, "the filter that made it"
        await walk.press("right")
        assert walk.screen._panes.subject[0] == 2, "the sample stays from step to step"


async def test_filters_are_gone_through_by_the_samples_keys() -> None:
    async with walking(CONV) as walk:
        await go_to_cell(walk, (1, 0, 5, 2))
        await focus(walk, "operand-1")
        await walk.press("right_square_bracket")
        assert walk.matrix("operand-1").index[0] == 1
        assert walk.screen._panes.subject == (1, 1, 5, 2), "what that filter made there"
        assert "W1 [1,0]" in walk.test.text_of("#operand-1")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_the_window_of_the_subject_is_lit_and_in_sight(size: tuple[int, int]) -> None:
    async with walking(DEEP, size=size) as walk:
        tape = walk.screen._tape
        for label in ("Conv1.out", "Conv2.out", "Conv2.dx", "dW2", "db1", "dW1"):
            step = tape.find(label)
            await walk.go_to(step.number)
            await walk.settle()
            made_of = related(tape, step.number, walk.screen._panes.subject)
            for number, named in enumerate(step.inputs):
                if not named.array.ndim:
                    continue
                view = walk.matrix(f"operand-{number}")
                used = made_of.get(named.symbol)
                assert view._lit == (frozenset() if used is None else used.cells), label
                if used is not None:
                    assert view.index in used.cells
                    shown = walk.test.text_of(f"#operand-{number}")
                    assert cell_text(float(named.array[view.index])) in shown


async def test_the_operands_show_the_same_channel_and_keep_it_while_the_subject_moves() -> None:
    async with walking(DEEP) as walk:
        await walk.go_to(4)
        x, W = walk.matrix("operand-0"), walk.matrix("operand-1")
        await focus(walk, "operand-0")
        before = x.index[1]
        await walk.press("right_curly_bracket")
        assert x.index[1] == W.index[1] == 1 - before
        await focus(walk, "result")
        for key in ("right", "down", "left", "up"):
            await walk.press(key)
            assert x.index[1] == W.index[1] == 1 - before


async def test_constants_that_no_formula_names_stand_behind_it() -> None:
    async with walking(DEEP, size=SMALL) as walk:
        await walk.settle()
        assert "out = Σ window of x × W + b s = 1, p = 1" in walk.title
        assert not re.search(r"╭─ [sp] ─", walk.test.text)
        await walk.go_to(3)
        assert "out = max of window of x h = 2, w = 2, s = 2" in walk.title


async def test_the_chosen_place_of_a_window_is_marked_there_and_back() -> None:
    async with walking(CONV) as walk:
        tape = walk.screen._tape
        forward = tape.find("Pool1.out")
        x = forward.arrays["x"]
        for index in ((1, 0, 2, 1), (2, 1, 0, 0)):
            await walk.go_to(forward.number)
            await go_to_cell(walk, index)
            n, c, i, j = index
            window = [(n, c, 2 * i + u, 2 * j + v) for u in range(2) for v in range(2)]
            chosen = max(window, key=lambda cell: float(x[cell]))
            assert f"▸{cell_text(float(x[chosen]))}" in walk.test.text_of("#operand-0")
            assert walk.test.text_of("#operand-0").count("▸") == 1
            await walk.go_to(tape.find("Pool1.dx").number)
            other = next(cell for cell in window if cell != chosen)
            await go_to_cell(walk, other)
            gradient = float(tape.find("Pool1.dx").output.array[chosen])
            assert f"▸{cell_text(gradient)}" in walk.test.text_of("#result"), "where dout goes"
            name = f"x[{','.join(map(str, chosen))}]"
            assert f"in its window {name}" in " ".join(walk.test.text_of("#words").split())


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_t_shows_pictures_as_tints_and_as_numbers_again(size: tuple[int, int]) -> None:
    async with walking(CONV, size=size) as walk:
        await walk.settle()
        assert "t Tints" in walk.test.lines[-1]
        numbers = walk.test.text.splitlines()[1:]
        await walk.press("t")
        await walk.settle()
        subject = walk.screen._panes.subject
        for name in ("operand-0", "operand-1", "result"):
            shown = walk.test.text_of(f"#{name}")
            assert re.search("[▀▄]{3}", shown)
            index = ",".join(map(str, walk.matrix(name).index))
            assert f"[{index}] = " in shown
        assert not re.search("[▀▄]", walk.test.text_of("#operand-2")), "a bias is no picture"
        await walk.press("right")
        assert re.search("[▀▄]{3}", walk.test.text_of("#result")), "it stays so from step to step"
        await walk.press("left")
        await go_to_cell(walk, subject)
        await walk.press("t")
        await walk.settle()
        assert walk.test.text.splitlines()[1:] == numbers


async def test_z_makes_a_picture_larger_and_small_again() -> None:
    async with walking(CONV) as walk:
        await walk.press("t", "z")
        await walk.settle()
        assert len(re.findall("[▀▄]{48}", walk.test.text_of("#result"))) == 24
        await walk.press("z")
        await walk.settle()
        assert walk.matrix("operand-0").region.area > 0


async def test_where_there_are_no_pictures_their_keys_are_not_offered() -> None:
    async with walking(CONV) as walk:
        await walk.settle()
        assert "{ } Channel" in walk.test.lines[-1]
        await walk.go_to(5)
        await walk.settle()
        assert walk.title.startswith("Affine1.forward")
        assert "Channel" not in walk.test.lines[-1]
        await walk.press("right_curly_bracket", "t")
        assert walk.step == 5
        await walk.press("question_mark")
        await walk.shows("Another channel: of the")
