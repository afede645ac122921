"""A widget that shows one view of a run, as the registry of views names it."""

from typing import Any

from textual.message import Message

from tui_backprop.training.snapshot import Snapshot
from tui_backprop.ui.painting.painted_widget import PaintedWidget

BRAILLE = "braille"


class ViewWidget(PaintedWidget):
    """Shows the last value that it was given; its view is computed only while it is in sight.

    `marker` is what dots are drawn with: BRAILLE, or a character where the terminal has none.
    """

    class CameIntoSight(Message):
        """What it shows may be older than what the rest of the screen shows."""

    marker = BRAILLE

    def show(self, value: Any, snapshot: Snapshot) -> None:
        """Show the view's value, and the moment of the run that it is of."""
        raise NotImplementedError

    def on_show(self) -> None:
        """Ask for the newest value."""
        self.post_message(self.CameIntoSight())
