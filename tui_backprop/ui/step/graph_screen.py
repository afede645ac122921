"""The net as a computational graph over the step screen, walked box by box."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.step.graph_drawing import Band, draw, paint
from tui_backprop.ui.step.matrix_window import panned
from tui_backprop.walkthrough.graph import graph
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.target import Target

_QUIET = Style(dim=True, italic=True)
_FRAME_COLUMNS, _FRAME_LINES, _LEGEND_LINES = 4, 2, 3
_LEGEND = (
    "above: what goes forward; below: its gradient, going back (norms)",
    "the loss, and what is under a box: of the whole batch",
)


class GraphView(PaintedWidget):
    """The graph around the box that the cursor is on, and a line about that box.

    The cursor begins at the box of step `number`. Sizes are those of a sample, or of the batch,
    which alone there are without a sample.

    Raises:
        ValueError: the tape's layers are no row of boxes.
    """

    def __init__(self, tape: Tape, number: int, sample: int | None) -> None:
        super().__init__(id="graph", classes="pane")
        self._tape, self._net = tape, graph(tape)
        self._number, self._sample = number, sample
        self._whole_batch = sample is None
        self._first_line = 0
        self._bands: list[Band] = []
        self.cursor = self._net.box_of(number) or 0

    @property
    def target(self) -> Target:
        """The operation that the box leads to: of the phase one comes from, where it has one."""
        steps = self._net.boxes[self.cursor].steps
        if self._number in steps:
            return Target(self._number)
        phase = self._tape.step(self._number).phase
        return Target(next((at for at in steps if self._tape.step(at).phase is phase), steps[0]))

    def fit(self, width: int) -> None:
        """Be as large as what is drawn in so many columns."""
        sample = None if self._whole_batch else self._sample
        self._bands = draw(self._tape, self._net, sample, self._number, width - _FRAME_COLUMNS)
        widest = max([*(band.width for band in self._bands), *map(len, _LEGEND)])
        self.styles.width = widest + _FRAME_COLUMNS
        self.styles.height = (
            sum(len(band.lines) for band in self._bands) + _LEGEND_LINES + _FRAME_LINES
        )
        whose = "the whole batch" if self._whole_batch else f"sample {self._sample}"
        other = "o one sample, " if self._whole_batch else "o the batch, "
        self.border_title = f"The net, and {whose} in it"
        toggles = "" if self._sample is None else other
        self.border_subtitle = f"arrows walk, Enter goes there, {toggles}Esc closes"
        self.repaint_changes()

    def move(self, boxes: int) -> None:
        """Go so many boxes on."""
        self.cursor = min(max(0, self.cursor + boxes), len(self._net.boxes) - 1)
        self.repaint_changes()

    def move_down(self, bands: int) -> None:
        """Go to the box nearest below or above."""
        at = next(n for n, band in enumerate(self._bands) if self.cursor in band.boxes)
        there = at + bands
        if 0 <= there < len(self._bands) and (boxes := self._bands[there].boxes):
            left = self._bands[at].boxes[self.cursor].start
            self.cursor = min(boxes, key=lambda box: abs(boxes[box].start - left))
            self.repaint_changes()

    def toggle_batch(self) -> None:
        """Show the sizes of the batch's arrays instead of the sample's, or these again."""
        self._whole_batch = self._sample is None or not self._whole_batch

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the bands around the cursor's, and what its box does."""
        lines = list(paint(self._bands, self.cursor))
        last_of_cursor = -1
        for band in self._bands:
            last_of_cursor += len(band.lines)
            if self.cursor in band.boxes:
                break
        room = max(1, height - _LEGEND_LINES)
        band_start = last_of_cursor - max((len(band.lines) for band in self._bands), default=1) + 1
        for wanted in (max(0, band_start), last_of_cursor):
            self._first_line = panned(self._first_line, room, len(lines), wanted)
        shown = lines[self._first_line :][:room]
        legend = [Strip([Segment(text, _QUIET)]) for text in (self._about_box(), *_LEGEND)]
        return [*shown, *legend]

    def _about_box(self) -> str:
        box = self._net.boxes[self.cursor]
        leads_to = self._tape.step(self.target.step or 1)
        return f"{box.name}: {box.formulas[-1]}   ⏎ goes to {leads_to.output.label}"


class GraphScreen(ModalScreen[Target | None]):
    """The graph to be walked; its result is where to go, None when it is closed by Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Box before", show=False),
        Binding("right", "move(1)", "Next box", show=False),
        Binding("up", "move_down(-1)", "Box above", show=False),
        Binding("down", "move_down(1)", "Box below", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
        Binding("o", "batch", "Sample or batch", show=False),
        Binding("enter", "enter", "Go there", show=False),
        Binding("escape,backspace,q,G", "dismiss", "Close", show=False),
    ]

    def __init__(self, tape: Tape, number: int, sample: int | None) -> None:
        super().__init__()
        self._view = GraphView(tape, number, sample)

    def compose(self) -> ComposeResult:
        """Lay out the graph."""
        yield self._view

    def on_resize(self) -> None:
        """Draw it in the columns there are."""
        self._view.fit(self.size.width)

    def action_move(self, boxes: int) -> None:
        """Walk from left to right and back."""
        self._view.move(boxes)

    def action_move_down(self, bands: int) -> None:
        """Walk from band to band."""
        self._view.move_down(bands)

    def action_batch(self) -> None:
        """Show the batch's sizes, or the sample's."""
        self._view.toggle_batch()
        self._view.fit(self.size.width)

    def action_enter(self) -> None:
        """Go to the operation that the box leads to."""
        self.dismiss(self._view.target)
