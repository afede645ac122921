"""A widget that composes its lines itself, and repaints only the lines that differ."""

from collections.abc import Callable, Sequence

from rich.style import Style
from textual.color import Color
from textual.geometry import Region, Size
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui_backprop.ui.painting.shortening import cut_between_words

StyleOf = Callable[[str], Style]
"""Returns the style of a part of a widget, given its component class."""


def plain(part: str) -> Style:
    """Return the style of a part as long as no style sheet is known."""
    return Style.null()


class PaintedWidget(Widget):
    """Paints lines that a subclass composes.

    A subclass calls `repaint_changes` when what it shows may have changed. Nothing is composed
    while the widget is hidden; it catches up when it is painted next. Colours are those that the
    style sheet has for its COMPONENT_CLASSES: see `style_of`.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: list[Strip] = []
        self._composed_for: Size | None = None
        self.lines_refreshed = 0
        self._base_style = Style.null()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return what to show in `height` lines of `width` cells; fewer or shorter is fine.

        One that is too long loses whole words, and ends in an ellipsis.
        """
        raise NotImplementedError

    def repaint_changes(self) -> None:
        """Compose the lines anew and refresh those that differ."""
        if not self.is_in_sight:
            if self._composed_for is not None:
                self._composed_for = None
                self.refresh()
            return
        width = self.size.width
        lines = self._composed_lines()
        blank = Strip.blank(width)
        count = max(len(lines), len(self._lines))
        before = self._lines + [blank] * (count - len(self._lines))
        after = lines + [blank] * (count - len(lines))
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, after, strict=True))
            if old != new
        ]
        self._lines = lines
        if changed:
            self.lines_refreshed += len(changed)
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines in sight, in the widget's style."""
        if self.size != self._composed_for and self.is_in_sight:
            # Painted before on_resize or on_show comes: once is enough.
            self._lines = self._composed_lines()
        # Worked out once: what a style comes to is looked up through all of the ancestors.
        self._base_style = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return line `y` as it was last composed."""
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else Strip.blank(width)
        return line.adjust_cell_length(width).apply_style(self._base_style)

    def _composed_lines(self) -> list[Strip]:
        width, height = self.size
        self._composed_for = self.size
        return [
            cut_between_words(line, width).adjust_cell_length(width)
            for line in self.compose_lines(width, height)
        ]

    def style_of(self, part: str) -> Style:
        """Return the style sheet's style of a part, which is one of the COMPONENT_CLASSES."""
        return (
            self.get_component_rich_style(part, partial=True) if self.is_attached else plain(part)
        )

    def ground(self) -> Color:
        """Return the colour that the widget stands on."""
        return self.background_colors[1]

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.take_colours())

    def take_colours(self) -> None:
        """Paint in the colours of another theme."""
        self.repaint_changes()

    def on_resize(self) -> None:
        """Compose for the new size."""
        self.repaint_changes()

    def on_show(self) -> None:
        """Catch up with what changed while hidden."""
        self.repaint_changes()

    def _is_on_top(self) -> bool:
        """Whether no other screen hides this widget's; a modal one lets it show through."""
        screens = self.app.screen_stack
        if self.screen not in screens:
            return False
        above = screens[screens.index(self.screen) + 1 :]
        return all(isinstance(screen, ModalScreen) for screen in above)

    @property
    def is_in_sight(self) -> bool:
        """Whether any of it is on screen, as far as is known before the next layout."""
        return (
            self.is_attached
            and self.size.area > 0
            and self._is_on_top()
            and all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))
        )
