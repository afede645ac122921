"""What fits where: nothing cut off at 60x20, whole matrices, deep tapes, any size."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.support.app import LARGE, SMALL, TINY
from tests.support.scripted_worker import DIVERGING, SPIRAL
from tests.ui.step.walk import STEPS, walking
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.ui.step.array_pane import title_of
from tui_backprop.ui.step.derivation_view import DerivationView
from tui_backprop.ui.step.step_bindings import STEP_BINDINGS
from tui_backprop.ui.step.step_path import TermChoice
from tui_backprop.ui.step.tape_bar import TapeBar, step_name
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.subject import first_subject, sample_of
from tui_backprop.walkthrough.summary import strongest_cell
from tui_backprop.walkthrough.trace import trace

ROOM_OF_A_DERIVATION = {LARGE: (76, 10), SMALL: (76, 8), TINY: (56, 6)}
"""The least columns and rows that a derivation has on a terminal of a size."""

DIGITS = Hyperparameters(dataset="digits", iterations=1_000_000)
MNIST = Hyperparameters()


@pytest.mark.parametrize(
    ("hyperparameters", "size"),
    [
        (SPIRAL, SMALL),
        (DIGITS, SMALL),
        (MNIST, SMALL),
        (MNIST, LARGE),
        (replace(DIGITS, dtype="float64"), SMALL),
        (replace(DIGITS, hidden=(64,), weight_std=0.2), TINY),
        (MNIST, TINY),
    ],
)
async def test_no_line_about_a_step_is_cut_off(
    hyperparameters: Hyperparameters, size: tuple[int, int]
) -> None:
    async with walking(hyperparameters, size=size) as walk:
        tape = walk.screen._tape
        for number in range(1, STEPS + 1):
            await walk.go_to(number)
            await walk.settle()
            step = tape.step(number)
            assert "…" not in walk.test.text, "an ellipsis stands for something cut off"
            assert walk.title.startswith(step.title)
            assert step.formula in walk.title
            assert "Help" in walk.test.lines[-1]
            if number == STEPS:
                assert re.search(r"loss \S+ → \S+, first order foretold \S+$", walk.status)
            else:
                assert re.search(r"label \S+, predicted \S+ \(\d\.\d\d\)$", walk.status)
            names = [*(f"#operand-{n}" for n in range(len(step.inputs))), "#result"]
            views = walk.test.texts_of(*names)
            for view, named in zip(views, [*step.inputs, step.output], strict=True):
                shape = "(" + ",".join(map(str, named.array.shape))
                # A title without room for the whole shape has none of it.
                title = named.label if named is step.output else title_of(step, named)
                fallbacks = (f"╭─ {title} ─", f"╭─ {named.label} ─")
                assert f"╭─ {title} {shape}" in view or any(map(view.__contains__, fallbacks))
                if named.array.ndim:
                    assert " min " in view


@pytest.mark.parametrize(
    ("hyperparameters", "size"), [(DIGITS, SMALL), (MNIST, LARGE), (MNIST, TINY)]
)
def test_no_derivation_is_cut_off(hyperparameters: Hyperparameters, size: tuple[int, int]) -> None:
    trainer = Trainer(hyperparameters, load_dataset(hyperparameters.dataset))
    batch = trainer.next_minibatch()
    tape = trace(trainer.net, trainer.optimizer, batch.x, batch.t)
    assert len(tape) == STEPS
    width, height = ROOM_OF_A_DERIVATION[size]
    view = DerivationView()
    for step in tape:
        derivation = derive(tape, step.number, strongest_cell(step.output.array))
        view.show(derivation, step.output.label, step.formula, TermChoice())
        lines = [line.text for line in view.compose_lines(width, height)]
        assert "up to rounding" in lines[0]
        terms = [line for line in lines[1:] if " = " in line and "÷" not in line]
        assert terms
        assert all(cell_len(line) <= width for line in lines[:1] + terms), "\n".join(lines)
        if size != TINY and len(terms) > 1:
            assert all(re.search(r" Σ \S+$", line) for line in terms), "\n".join(lines)


@pytest.mark.parametrize("size", [LARGE, SMALL, TINY])
async def test_a_derivation_has_room_and_leaves_the_keys_in_sight(size: tuple[int, int]) -> None:
    width, height = ROOM_OF_A_DERIVATION[size]
    async with walking(size=size) as walk:
        for number in (1, 9, STEPS):
            await walk.go_to(number)
            await walk.press("enter")
            derivation = walk.screen.query_one(DerivationView)
            room = derivation.size
            # What its terms do not need in full, the result has.
            assert room.width >= min(width, derivation.needed_width - 4)
            assert room.height >= height
            assert "Help" in walk.test.lines[-1]
            await walk.press("escape")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_help_lists_every_key_with_what_it_does(size: tuple[int, int]) -> None:
    async with walking(size=size) as walk:
        await walk.press("question_mark")
        await walk.settle()
        tooltips = [b.tooltip for b in STEP_BINDINGS if not isinstance(b, tuple) and b.tooltip]
        assert len(tooltips) >= 15
        for tooltip in tooltips:
            assert tooltip in walk.test.text
        if size == LARGE:
            notes = " ".join(walk.test.text_of("#help-notes").split())
            for sign in ('"0: 46%"', "□", "✓ up to rounding"):
                assert sign in notes
            assert "↻" not in notes, "that is the other screen's"
        await walk.press("escape")
        assert walk.is_open


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("layers", [4, 20])
async def test_the_tape_of_a_deep_net_fits(size: tuple[int, int], layers: int) -> None:
    deep = replace(SPIRAL, hidden=(5,) * layers)
    async with walking(deep, size=size) as walk:
        count = len(walk.screen._tape)
        assert count == 9 + 8 * layers
        bar = walk.screen.query_one(TapeBar)
        for number in (1, count // 2, count):
            walk.screen._path.move_to(number)
            walk.screen._show()
            await walk.settle()
            marks = walk.test.text_of("#tape-bar").splitlines()[0]
            now = [(start, end) for start, end, n in bar._places if n == number]
            assert len(now) == 1
            assert 0 <= now[0][0] < now[0][1] <= size[0]
            step = walk.screen._tape.step(number)
            assert marks[now[0][0] : now[0][1]].strip() == step_name(step), "it is always whole"


async def test_a_click_on_a_key_does_what_it_does() -> None:
    async with walking() as walk:
        line = walk.test.text_of("#key-line")
        await walk.test.pilot.click("#key-line", offset=(line.index("Step"), 0))
        await walk.settle()
        assert walk.step == 2
        await walk.press("tab")
        assert walk.test.text_of("#key-line").startswith("↑↓←→ Cell ")


async def test_a_click_on_a_layer_goes_to_its_first_operation() -> None:
    async with walking(replace(SPIRAL, hidden=(5,) * 4), size=SMALL) as walk:
        await walk.go_to(16)
        await walk.settle()
        bar = walk.screen.query_one(TapeBar)
        marks = walk.test.text_of("#tape-bar").splitlines()[0]
        start, _, number = bar._places[-1]
        step = walk.screen._tape.step(number)
        assert marks[start:].strip().startswith(step.layer)
        await walk.test.pilot.click(bar, offset=(start + 1, 0))
        await walk.until(lambda: walk.step == number)


async def test_every_step_is_survived_at_any_size() -> None:
    async with walking(DIGITS) as walk:
        for size in [(20, 5), (40, 10), (250, 70)]:
            await walk.test.pilot.resize_terminal(*size)
            for _ in range(4):
                await walk.press(
                    "enter", "z", "escape", "tab", "z", "z", "escape", "shift+right", "left"
                )
        await walk.press("C")
        await walk.test.pilot.resize_terminal(*LARGE)
        await walk.shows("Gradient check of every entry")


async def test_each_screen_fits_after_a_resize_that_it_missed() -> None:
    async with walking(size=LARGE) as walk:
        pilot = walk.test.pilot
        assert walk.test.text_of("#sample")
        await pilot.resize_terminal(*SMALL)
        await walk.press("escape", "escape")
        await walk.shows("1 Charts")
        await pilot.resize_terminal(*LARGE)
        await walk.open()
        assert walk.test.text_of("#sample")
        await walk.press("escape", "escape")
        await pilot.resize_terminal(*SMALL)
        await walk.open()
        assert not walk.test.text_of("#sample")


async def test_opened_again_it_is_where_it_was_left_with_the_same_widgets() -> None:
    async with walking() as walk:
        screen, matrix = walk.screen, walk.matrix()
        await walk.go_to(8)
        await walk.press("right_square_bracket", "z", "tab", *["escape"] * 4)
        await walk.until(lambda: not walk.is_open)
        await walk.press("n")
        await walk.shows(" 1/60")
        await walk.open()
        assert (walk.screen, walk.matrix()) == (screen, matrix), "making them takes time"
        assert walk.step == 8
        tape = walk.screen._tape
        sample = sample_of(tape, 8, first_subject(tape, 8).index)
        assert f"iteration 2/60  sample {sample} of" in walk.status
        assert walk.test.text_of("#operand-0")


async def test_whole_matrices_of_a_small_net_are_in_sight() -> None:
    async with walking() as walk:
        await walk.go_to(8)
        result = walk.test.text_of("#result")
        array = walk.screen._tape.step(8).output.array
        rows = [line for line in result.splitlines() if re.match(r"│ +\d+ ", line)]
        assert len(rows) - 1 == array.shape[0]
        assert "□" not in result, "no minimap where nothing is left out"


async def test_a_large_matrix_pans_with_its_indices_and_a_minimap() -> None:
    async with walking(MNIST) as walk:
        await walk.go_to(11)
        await walk.press("tab", "tab", "tab", "home")
        assert re.search(r"│ +0 +1 +2 ", walk.test.text_of("#result").splitlines()[1])
        assert re.match(r"│ +0 ", walk.test.text_of("#result").splitlines()[2])
        top = walk.test.text_of("#result").splitlines()[2]
        assert "□" in top
        await walk.press("end")
        lines = walk.test.text_of("#result").splitlines()
        assert " 49 " in lines[1]
        assert re.match(r"│ +783 ", lines[-2])
        assert "□" not in lines[2]
        assert "□" in lines[-2]


async def test_not_finite_numbers_are_shown_as_such() -> None:
    async with walking(DIVERGING, size=SMALL) as walk:
        while "not committed" not in walk.status:
            await walk.commit()
        broken = walk.screen._tape.first_non_finite
        assert broken is not None
        walk.screen._path.move_to(broken.number)
        walk.screen._show()
        await walk.settle()
        assert re.search(r" (nan|-?inf) ", walk.test.text_of("#result"))
        for number in range(broken.number, len(walk.screen._tape), 4):
            walk.screen._path.move_to(number)
            walk.screen._show()
            await walk.press("enter", "escape")
        assert walk.is_open
