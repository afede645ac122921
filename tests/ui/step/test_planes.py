"""Planes of an array, the window in sight, and tints: without a screen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style
from textual.color import Color

from tui_backprop.ui.step.heat import lit_tints, picture_tints
from tui_backprop.ui.step.matrix_painting import Marks
from tui_backprop.ui.step.matrix_window import centred
from tui_backprop.ui.step.plane import CHANNEL, PICTURE, Plane
from tui_backprop.ui.step.tint_painting import TintStyles, fitting_scale, tint_lines

SHAPES = st.lists(st.integers(1, 4), max_size=4).map(tuple)


@given(SHAPES, st.booleans(), st.data())
def test_every_cell_has_a_place_in_its_plane(
    shape: tuple[int, ...], upright: bool, data: st.DataObject
) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=float).reshape(shape)
    index = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    plane = Plane.of(index, shape, upright=upright)
    place = plane.place(index)
    assert plane.index(place) == index
    assert plane.rows(array)[place] == array[index]
    assert plane.rows(array).shape == plane.size


def test_planes_go_round_along_each_axis() -> None:
    shape = (2, 3, 4, 5)
    plane = Plane.of((1, 2, 3, 4), shape, upright=False)
    assert plane.moved((1, 2, 3, 4), CHANNEL, 1) == (1, 0, 3, 4)
    assert plane.moved((1, 0, 3, 4), CHANNEL, -1) == (1, 2, 3, 4)
    assert plane.moved((1, 2, 3, 4), PICTURE, 1) == (0, 2, 3, 4)


def test_a_plane_is_called_by_what_its_axes_are() -> None:
    of_samples = Plane.of((7, 2, 0, 0), (9, 3, 4, 4), upright=False)
    assert of_samples.name(by_sample=True) == "sample 7, channel 2"
    assert of_samples.name(by_sample=False) == "filter 7, channel 2"
    assert Plane.of((2, 0, 0), (3, 4, 4), upright=False).name(by_sample=False) == "channel 2"
    assert Plane.of((2, 0), (3, 4), upright=False).name(by_sample=True) == ""


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_all_of_a_window_is_in_sight_if_it_fits_and_nothing_else_if_not(
    shown: int, count: int, data: st.DataObject
) -> None:
    shown = min(shown, count)
    low = data.draw(st.integers(0, count - 1))
    high = data.draw(st.integers(low, count - 1))
    wanted = data.draw(st.integers(low, high))
    first = centred(shown, count, wanted, range(low, high + 1))
    in_sight = range(first, first + shown)
    assert 0 <= first <= count - shown
    assert wanted in in_sight
    if high - low < shown:
        assert low in in_sight
        assert high in in_sight
    else:
        assert low <= in_sight[0]
        assert in_sight[-1] <= high


WARM, COOL = Style(bgcolor="#b05810"), Style(bgcolor="#145cb4")
LIGHT, CHOSEN, CURSOR = (Style(bgcolor=colour) for colour in ("#ffffff", "#20c020", "#ffff00"))
GROUND = Color.parse("#101010")
STYLES = TintStyles(
    picture_tints(WARM, COOL, GROUND, LIGHT), lit_tints(WARM, COOL, GROUND, LIGHT), CHOSEN, CURSOR
)
NOTHING = Marks(None, frozenset(), frozenset())


def cells(rows: np.ndarray, marks: Marks, scale: int = 1) -> list[list[object]]:
    """Return the background of each cell as it is painted, two rows a line."""
    lines = tint_lines(rows, 1.0, STYLES, marks, scale, 40, 20)
    painted: list[list[object]] = []
    for line in lines:
        up: list[object] = []
        low: list[object] = []
        for segment in line:
            assert segment.style is not None
            above, below = segment.style.color, segment.style.bgcolor
            if segment.text[0] == "▄":
                above, below = None, above
            up += [above] * len(segment.text)
            low += [below] * len(segment.text)
        painted += [up, low]
    return painted


def test_tints_show_where_a_picture_ends_and_what_stands_out_of_it() -> None:
    rows = np.array([[0, 1, -1], [0.5, 0, 0], [0, 0.2, 0]])
    lit = frozenset({(0, 1), (1, 1), (1, 0)})
    marks = Marks((2, 2), lit, frozenset({(1, 0)}))
    plain, marked = cells(rows, NOTHING), cells(rows, marks)
    nought = STYLES.tints[0].bgcolor
    assert plain[0] == [nought, STYLES.tints[6].bgcolor, STYLES.tints[-6].bgcolor]
    assert plain[1] == [STYLES.tints[3].bgcolor, nought, nought]
    assert plain[3] == [None] * 3, "below the last row"
    assert marked[0][1] == STYLES.lit[6].bgcolor
    assert marked[1] == [CHOSEN.bgcolor, STYLES.lit[0].bgcolor, nought]
    assert marked[2][2] == CURSOR.bgcolor
    assert len({style.bgcolor for style in (*STYLES.tints.values(), *STYLES.lit.values())}) == 26


@pytest.mark.parametrize("scale", [2, 3])
def test_small_pictures_are_magnified(scale: int) -> None:
    rows = np.array([[1, 0, -1], [0.5, -0.5, 0], [0.3, 0.2, 0]])
    plain, large = cells(rows, NOTHING), cells(rows, NOTHING, scale)
    for y, x in np.ndindex(3 * scale, 3 * scale):
        assert large[y][x] == plain[y // scale][x // scale]


def test_a_picture_is_no_larger_than_its_room() -> None:
    assert fitting_scale((8, 8), 3, 30, 20) == 3
    assert fitting_scale((8, 8), 3, 20, 20) == 2
    assert fitting_scale((8, 8), 3, 30, 8) == 2
    assert fitting_scale((28, 28), 3, 10, 5) == 1
