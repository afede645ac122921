"""Which minibatch is walked, and one line about what is looked at, or of news."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import first_fitting


class StepStatus(PaintedWidget):
    """One line; what `say` says stays until the next thing is shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"paint--value"}

    def __init__(self) -> None:
        super().__init__(id="step-status")
        self._title = ""
        self._text = ""
        self._news = ""

    def show(self, title: str, text: str) -> None:
        """Show what the tape is of, and a text about it."""
        self._title = f" ‖ {printable(title, 60)}"
        self._text, self._news = text, ""
        self.repaint_changes()

    def say(self, news: str) -> None:
        """Show a line of news."""
        self._news = printable(news)
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the line; the title makes way for a text that would not fit beside it."""
        text = Segment(f"  {self._news or self._text}", Style(bold=bool(self._news)))
        title = Segment(self._title, self.style_of("paint--value"))
        return [first_fitting(width, (Strip([title, text]), Strip([text])))]
