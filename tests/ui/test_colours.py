"""Colours are the style sheet's: readable in every theme, followed while it runs, never needed."""

import re
from functools import partial

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.support.app import LARGE, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.processes import ROOT
from tests.support.scripted_worker import snapshots
from tests.ui.step.walk import walking
from tui_backprop.cli.theme_option import THEMES
from tui_backprop.session.messages import SnapshotTaken
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.heat import COOL, HEAT_STEPS, WARM, tints
from tui_backprop.ui.step.matrix_view import MatrixView

READABLE = 4.5
"""Contrast that WCAG 2 asks of text, from 1 to 21."""

TOLD_APART = 2.5
"""Contrast that lines and bars have to their ground."""


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def colours_of(style: Style, ground: Color) -> tuple[Color, Color]:
    """Return a style's foreground and its background, which is the ground where it has none."""
    assert style.color is not None
    back = Color.from_rich_color(style.bgcolor) if style.bgcolor else ground
    return Color.from_rich_color(style.color), back


def test_the_themes_offered_are_those_there_are() -> None:
    assert set(THEMES) == {name for name in BUILTIN_THEMES if not name.startswith("ansi-")}


def test_no_colour_is_named_in_the_code() -> None:
    named = re.compile(r"""color=["']|from_rgb\(|["']#[0-9a-fA-F]{3,8}["']|color\(\d""")
    for path in (ROOT / "tui_backprop" / "ui").rglob("*.py"):
        assert not named.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "solarized-light", "dracula"])
async def test_every_part_is_readable_on_its_ground(theme: str) -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        test.app.theme = theme
        await test.pilot.pause()
        await test.pilot.pause()
        for widget in test.app.screen.query(PaintedWidget):
            for part in widget.COMPONENT_CLASSES:
                style = widget.style_of(part)
                if style.color is not None:
                    seen = contrast(*colours_of(style, widget.ground()))
                    assert seen >= TOLD_APART, (theme, part, seen)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "solarized-light", "dracula"])
async def test_numbers_are_readable_on_every_tint_and_tints_differ(theme: str) -> None:
    async with walking() as walk:
        walk.test.app.theme = theme
        await walk.test.pilot.pause()
        await walk.test.pilot.pause()
        view = walk.test.app.screen.query_one("#result", MatrixView)
        levels = tints(view.style_of(WARM), view.style_of(COOL), view.ground())
        for level in range(-HEAT_STEPS, HEAT_STEPS + 1):
            if level:
                assert contrast(*colours_of(levels[level], view.ground())) >= READABLE, level
        assert len({style.bgcolor for style in levels.values()}) == 2 * HEAT_STEPS + 1


async def test_a_change_of_theme_repaints_what_is_painted() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        (snapshot,) = snapshots(60)
        test.puppet.tell(SnapshotTaken(snapshot, True))
        await test.shows("60/60", "Affine1")
        for selector in ("#loss-chart", "#metric-chart", "#status-bar", "#key-line"):
            test.app.theme = "textual-dark"
            await test.pilot.pause()
            before = styles_in(test, selector)
            test.app.theme = "textual-light"
            await test.until(partial(is_repainted, test, selector, before))


def is_repainted(test: AppUnderTest, selector: str, before: set[str]) -> bool:
    return bool(before) and not styles_in(test, selector) & before


def styles_in(test: AppUnderTest, selector: str) -> set[str]:
    """Return the foregrounds of a widget's lines, as composed."""
    widget = test.app.screen.query_one(selector, PaintedWidget)
    return {
        segment.style.color.name
        for line in widget._lines
        for segment in line
        if segment.style and segment.style.color
    }


async def test_train_and_test_are_told_apart_without_colour() -> None:
    async with running_app(client=PuppetClient(), size=LARGE) as test:
        (snapshot,) = snapshots(60)
        test.puppet.tell(SnapshotTaken(snapshot, True))
        await test.shows("━ train", "╍ test")


async def test_the_palette_offers_the_themes() -> None:
    async with running_app() as test:
        names = [command.title for command in test.app.get_system_commands(test.app.screen)]
        assert "Theme" in names
