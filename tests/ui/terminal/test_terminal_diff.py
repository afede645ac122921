"""What is left out of an update was on the terminal already, cell for cell."""

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from tui_backprop.ui.terminal.terminal_diff import TerminalDiff, cells

SIZE = Size(24, 4)
CONSOLE = Console(color_system="256", force_terminal=True, width=SIZE.width)
STYLES = [None, Style(), Style(bold=True), Style(color="red"), Style(bgcolor="color(39)")]
ALPHABET = "ab ─┤⠿漢字あé"

Scene = list[Strip]
"""A whole screen, a strip a row."""


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    rows = []
    for _ in range(SIZE.height):
        segments = [
            Segment(draw(st.text(ALPHABET, max_size=8)), draw(st.sampled_from(STYLES)))
            for _ in range(draw(st.integers(0, 3)))
        ]
        rows.append(Strip(segments).adjust_cell_length(SIZE.width))
    return rows


def send(diff: TerminalDiff, scene: Scene) -> str:
    return diff.changes([(0, y, strip) for y, strip in enumerate(scene)], SIZE, CONSOLE)


def sent_whole(scene: Scene) -> str:
    return "".join(f"\x1b[{y + 1};1H{strip.render(CONSOLE)}" for y, strip in enumerate(scene))


def shown(*updates: str) -> list[list[tuple[str, str, str, bool]]]:
    """Return text, colours and boldness of each cell of a terminal that got these updates."""
    screen = pyte.Screen(SIZE.width, SIZE.height)
    stream = pyte.Stream(screen)
    for update in updates:
        stream.feed(update)
    picture = []
    for y in range(SIZE.height):
        row = [screen.buffer[y][x] for x in range(SIZE.width)]
        picture.append([(cell.data, cell.fg, cell.bg, cell.bold) for cell in row])
    return picture


@given(st.lists(scenes(), min_size=1, max_size=4))
def test_reduced_updates_show_what_whole_ones_do(frames: list[Scene]) -> None:
    diff = TerminalDiff()
    reduced = [send(diff, frame) for frame in frames]
    assert shown(*reduced) == shown(*map(sent_whole, frames))


@given(st.lists(scenes(), min_size=1, max_size=4))
def test_after_forgetting_the_terminal_may_have_shown_anything(frames: list[Scene]) -> None:
    diff = TerminalDiff()
    for frame in frames[:-1]:
        send(diff, frame)
    diff.forget()
    assert shown(send(diff, frames[-1])) == shown(sent_whole(frames[-1]))


@given(scenes())
def test_an_unchanged_scene_sends_nothing(scene: Scene) -> None:
    diff = TerminalDiff()
    send(diff, scene)
    sent = diff.bytes_sent
    assert send(diff, scene) == ""
    assert diff.bytes_sent == sent


@given(scenes(), scenes())
def test_bytes_are_counted_as_they_are_encoded(first: Scene, second: Scene) -> None:
    diff = TerminalDiff()
    assert diff.bytes_sent == 0
    texts = [send(diff, first), send(diff, second)]
    assert diff.bytes_sent == sum(len(text.encode()) for text in texts)


def test_a_small_change_costs_a_few_bytes() -> None:
    diff = TerminalDiff()
    rows = [Strip([Segment(f"loss 0.{n:04}", Style(color="red"))]) for n in (1111, 1112)]
    send(diff, [row.adjust_cell_length(24) for row in (rows[0], *rows[:1] * 3)])
    update = send(diff, [row.adjust_cell_length(24) for row in (rows[1], *rows[:1] * 3)])
    assert update == "\x1b[1;11H\x1b[0m\x1b[31m2\x1b[0m"


def test_pieces_beyond_the_terminal_are_cut_off() -> None:
    diff = TerminalDiff()
    strip = Strip([Segment("x" * 99)])
    text = diff.changes([(20, 0, strip), (0, 4, strip), (0, -1, strip)], SIZE, CONSOLE)
    assert text.count("x") == 4


def test_a_change_of_size_sends_everything_anew() -> None:
    diff = TerminalDiff()
    scene = [Strip([Segment("x" * 24)])] * 4
    first = send(diff, scene)
    diff.changes([], Size(25, 4), CONSOLE)
    assert send(diff, scene) == first


@given(st.text(max_size=12))
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    """Whatever a widget shows, a pasted escape sequence among it."""
    row = cells(Strip([Segment(text + "\x1b[2J\x9b0m\a\x7f")]))
    sent = "".join(character for character, _ in row)
    assert all(ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0 for character in sent)


@given(st.text(ALPHABET + "\x1b\n", max_size=12))
def test_a_cell_for_each_column(text: str) -> None:
    assert len(cells(Strip([Segment(text)]))) == cell_len(text)
