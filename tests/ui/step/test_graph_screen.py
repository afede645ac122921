"""The net as a graph over the step screen: drawn from left to right, walked by arrows."""

import pytest

from tests.support.app import LARGE, SMALL
from tests.ui.step.walk import walking
from tests.walkthrough.nets import make_case, tape_of
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.step.graph_drawing import FRAME_LINES, LINES_ABOVE, draw
from tui_backprop.ui.step.graph_screen import GraphScreen, GraphView
from tui_backprop.ui.step.numbers import cell_text
from tui_backprop.walkthrough.graph import graph

DEEP = Hyperparameters(dataset="digits", hidden=(12, 11, 10, 9, 8), batch_size=20)


def test_boxes_stand_from_left_to_right_with_what_passes_above_and_its_gradient_below() -> None:
    tape = tape_of(make_case())
    (band,) = draw(tape, graph(tape), None, tape.find("dW2").number, 200)
    names, there, back = band.lines[2], band.lines[2], band.lines[3]
    boxes = ("Affine1", "Relu1", "Affine2", "Softmax", "loss")
    places = [names.index(f" {name} ") for name in boxes]
    assert places == sorted(places)
    assert there.count("▶") == len(boxes) + 1
    # From the loss on to itself, dy past the softmax, and what Affine2 and Relu1 hand on.
    assert back.count("◀") == 4
    assert "▸dW" in back
    above, sizes, below, gradients = band.lines[0], band.lines[1], band.lines[4], band.lines[5]
    for label in ("x", "Affine1.out", "Relu1.out", "Affine2.out", "y", "loss"):
        assert f" {label} " in f"{above} "
    loss = float(tape.find("loss").output.array)
    assert cell_text(loss) in sizes
    assert "Relu1.dx" in gradients
    assert " dy " in gradients
    assert "1" in below.split()


@pytest.mark.parametrize("width", [30, 60, 100])
def test_no_band_is_wider_than_the_screen_and_no_box_is_lost(width: int) -> None:
    tape = tape_of(make_case((6, 5, 4, 5, 3)))
    net = graph(tape)
    bands = draw(tape, net, 0, 1, width)
    assert [box for band in bands for box in band.boxes] == [*range(len(net.boxes))]
    for band in bands:
        # A single box with what goes in and what comes out is shown though it be too wide.
        assert band.width <= width or len(band.boxes) == 1
        for box, place in band.boxes.items():
            frame = [line[place.start : place.stop] for line in band.lines][LINES_ABOVE:]
            assert net.boxes[box].name in frame[1]
            assert frame[FRAME_LINES - 1].strip().startswith("└")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_arrows_walk_the_graph_and_enter_goes_to_the_operation(size: tuple[int, int]) -> None:
    async with walking(DEEP, size=size) as walk:
        tape = walk.screen._tape
        await walk.go_to(tape.find("dW2").number)
        await walk.press("G")
        await walk.shows("The net, and sample")
        view = walk.test.app.screen.query_one(GraphView)
        names = [box.name for box in graph(tape).boxes]
        assert names[view.cursor] == "Affine2"
        assert "▸dW" in walk.test.text
        await walk.press("right", "right")
        assert names[view.cursor] == "Affine3"
        for _ in names:
            await walk.press("down")
            # The box that the cursor is on is in sight.
            assert f" {names[view.cursor]} " in walk.test.text
        await walk.press("end")
        assert names[view.cursor] == "loss"
        await walk.press("home", "right", "right")
        await walk.press("enter")
        await walk.settle()
        assert not isinstance(walk.test.app.screen, GraphScreen)
        # Of the phase that one came from.
        assert walk.screen._path.step.output.label == "dW2"


async def test_o_shows_the_whole_batch_in_the_graph() -> None:
    async with walking(DEEP) as walk:
        tape = walk.screen._tape
        await walk.press("G")
        await walk.shows("The net, and sample")
        view = walk.test.app.screen.query_one(GraphView)
        alone = list(view._bands[0].lines)
        await walk.press("o")
        await walk.shows("the whole batch in it")
        assert view._bands[0].lines == draw(tape, graph(tape), None, 1, LARGE[0] - 4)[0].lines
        assert view._bands[0].lines != alone
        await walk.press("o")
        assert view._bands[0].lines == alone
