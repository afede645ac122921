"""What the screens made of panes have in common."""

from collections.abc import Callable, Iterable

from textual.screen import Screen
from textual.widget import Widget

from tui_backprop.ui.painting.frugal_compositor import FrugalCompositor

WIDE = 110
"""Columns from which on there is room for panes side by side."""


class PaneScreen(Screen[None]):
    """A screen with another layout on a narrow terminal, which the style sheet gives it."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - as declared there

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._compositor = FrugalCompositor()

    def help_notes(self) -> str:
        """Return what the screen's help says under the keys."""
        raise NotImplementedError

    def places(self) -> Iterable[tuple[str, str, Callable[[], None]]]:
        """Return what the command palette leads to here: a name, a word on it, the way there."""
        return ()

    def fit_to_width(self) -> None:
        """Take the layout for the terminal's width.

        Textual does so when the screen on top is resized. Known before the first layout, the class
        need not change after it, and all styles with it.
        """
        wide = self.app.size.width >= WIDE
        self.set_class(wide, "-wide")
        self.set_class(not wide, "-narrow")

    def on_screen_resume(self) -> None:
        """Make up for a resize while another screen was on top."""
        self.fit_to_width()


def show_one_of(panes: Widget, names: Iterable[str], shown: str | None) -> None:
    """Have the style sheet show one of some panes, styling what they hold once."""
    others = [f"-show-{name}" for name in names if name != shown]
    panes.set_class(True, f"-show-{shown}", update=False)
    panes.set_class(False, *others)
