"""The tape: a mark for each operation, the current one named with formula and shapes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import cut_between_words, first_fitting
from tui_backprop.walkthrough.tape import Step, Tape

NOW, FORMULA = "paint--now", "paint--value"
_PHASE = Style(dim=True)
_DONE, _TO_COME = Style(bold=True), Style(dim=True)


@dataclass(frozen=True, slots=True)
class _MarkForm:
    """How marks are written: the whole phase or its initial, a gap, and a mark's text.

    `mark` takes an operation's number and the current one's.
    """

    whole_phase: bool
    gap: str
    mark: Callable[[int, int], str]


def _dash(number: int, now: int) -> str:
    return "▮" if number == now else "━" if number < now else "─"


_MARK_FORMS = (
    _MarkForm(True, "  ", lambda number, now: f"{number:>2} "),
    _MarkForm(False, " ", lambda number, now: f"{number} "),
    _MarkForm(False, "  ", _dash),
)
"""From the roomiest to the smallest."""


class TapeBar(PaintedWidget):
    """Marks grouped by phase on one line, the current operation on the next."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {NOW, FORMULA}

    class MarkClicked(Message):
        """A mark was clicked."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(id="tape-bar")
        self._tape: Tape | None = None
        self._number = 1
        self._places: list[tuple[int, int, int]] = []

    def show(self, tape: Tape, number: int) -> None:
        """Show the tape at an operation."""
        self._tape, self._number = tape, number
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the marks and the current operation."""
        if self._tape is None:
            return []
        step = self._tape.step(self._number)
        return [
            self._mark_line(self._tape, width),
            step_line(step, len(self._tape), width, self.style_of(FORMULA)),
        ]

    def _mark_line(self, tape: Tape, width: int) -> Strip:
        """Return the marks as roomy as all of them fit, or those around the current one."""
        for form in _MARK_FORMS:
            line, places = self._marks(tape, form)
            if line.cell_length <= width:
                break
        start = places[self._number - 1][0] - width // 2
        start = max(0, min(start, line.cell_length - width))
        self._places = [(x - start, end - start, number) for x, end, number in places]
        return line.crop(start, start + width)

    def _marks(self, tape: Tape, form: _MarkForm) -> tuple[Strip, list[tuple[int, int, int]]]:
        """Return all marks, and of each the columns it starts and ends at, and its number."""
        now = self.style_of(NOW)
        segments, places = [Segment(" ")], []
        x = 1
        for span in tape.phases():
            phase = span.phase.value
            title = f"{phase if form.whole_phase else phase[0].upper()} "
            segments.append(Segment(title, _PHASE))
            x += cell_len(title)
            for number in range(span.first, span.last + 1):
                text = form.mark(number, self._number)
                style = _DONE if number < self._number else _TO_COME
                segments.append(Segment(text, now if number == self._number else style))
                places.append((x, x + cell_len(text), number))
                x += cell_len(text)
            segments.append(Segment(form.gap))
            x += len(form.gap)
        return Strip(segments[:-1]), places

    def on_click(self, event: Click) -> None:
        """Go to the mark under the pointer."""
        for start, end, number in self._places:
            if event.y == 0 and start <= event.x < end:
                self.post_message(self.MarkClicked(number))


def step_line(step: Step, count: int, width: int, formula: Style) -> Strip:
    """Return the operation's title, formula, shapes and number, the shapes only if they fit."""
    number = f" {step.number}/{count} "
    bold = Style(bold=True)
    room = width - cell_len(number)
    line = first_fitting(
        room,
        (
            Strip(
                [
                    Segment(f" {step.title}{gap}", bold),
                    Segment(f"{step.formula}{gap}", formula),
                    Segment(shapes),
                ]
            )
            for gap, shapes in (("   ", step.shapes), ("  ", step.shapes), (" ", ""))
        ),
    )
    return Strip([*cut_between_words(line, room).adjust_cell_length(room), Segment(number)])
