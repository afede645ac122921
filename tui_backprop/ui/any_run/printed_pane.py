"""The lines that a watched program prints."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget


class PrintedPane(PaintedWidget):
    """Shows as many of the newest lines as there is room for."""

    def __init__(self) -> None:
        super().__init__(id="printed-pane", classes="pane")
        self.border_title = "Printed"
        self._lines_printed: Sequence[str] = ()

    def show(self, lines: Sequence[str]) -> None:
        """Show lines, the newest last."""
        self._lines_printed = lines
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the newest lines."""
        return [Strip([Segment(line)]) for line in self._lines_printed[-height:]] if height else []
