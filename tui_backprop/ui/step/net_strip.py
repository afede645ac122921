"""The net as a graph below the arrays, where a tiny net leaves room for it."""

from collections.abc import Sequence

from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.graph_drawing import Band, draw, paint
from tui_backprop.walkthrough.graph import Graph, graph
from tui_backprop.walkthrough.tape import Tape

_FRAME_COLUMNS, _FRAME_LINES = 4, 2
_LEAST_LINES = 8
"""Of a single band in its frame."""


class NetStrip(PaintedWidget):
    """The graph with the current operation's box lit, and a sample's sizes on its edges."""

    def __init__(self) -> None:
        super().__init__(id="net-strip", classes="pane")
        self._tape: Tape | None = None
        self._net: Graph | None = None
        self._bands: list[Band] = []
        self._drawn: tuple[int, int | None, int] | None = None
        self.number, self.sample = 1, 0

    def take(self, tape: Tape, number: int, sample: int) -> None:
        """Have the net of a tape, at a step, with a sample's sizes."""
        if tape is not self._tape:
            self._tape, self._drawn = tape, None
            try:
                self._net = graph(tape)
            except ValueError:
                self._net = None
        self.number, self.sample = number, sample

    def lines_within(self, width: int, room: int) -> int:
        """Return the lines that it takes in so many columns, 0 if that is more than there is."""
        if self._tape is None or self._net is None or room < _LEAST_LINES:
            return 0
        sample = self.sample if self._tape.sample_count else None
        wanted = self.number, sample, width - _FRAME_COLUMNS
        if self._drawn != wanted:
            self._bands = draw(self._tape, self._net, sample, self.number, wanted[-1])
            self._drawn = wanted
            self.border_title = "The net" if sample is None else f"The net, and sample {sample}"
            self.border_subtitle = "norms; loss and what is under a box: the batch's; G walks it"
        if any(band.width > wanted[-1] for band in self._bands):
            return 0
        needed = sum(len(band.lines) for band in self._bands) + _FRAME_LINES
        return needed if needed <= room else 0

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the graph."""
        lit = None if self._net is None else self._net.box_of(self.number)
        return list(paint(self._bands, lit))
