"""The tape: a mark for each operation, the current one named with formula and shapes."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.ui.widgets.painted_widget import PaintedWidget
from tui_backprop.walkthrough.tape import Step, Tape

_NOW = Style(color="black", bgcolor="yellow", bold=True)
_PHASE = Style(dim=True)


class TapeBar(PaintedWidget):
    """Marks grouped by phase on one line, the current operation on the next."""

    class MarkClicked(Message):
        """A mark was clicked."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(id="tape-bar")
        self._tape: Tape | None = None
        self._number = 1
        self._marks: list[tuple[int, int, int]] = []

    def show(self, tape: Tape, number: int) -> None:
        """Show the tape at an operation."""
        self._tape, self._number = tape, number
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the marks and the current operation."""
        if self._tape is None:
            return []
        step = self._tape.step(self._number)
        return [self._mark_line(self._tape, width), step_line(step, len(self._tape), width)]

    def _mark_line(self, tape: Tape, width: int) -> Strip:
        named = len(tape) * 3 + sum(len(span.phase.value) + 3 for span in tape.phases()) < width
        segments = [Segment(" ")]
        x = 1
        self._marks = []
        for span in tape.phases():
            title = f"{span.phase.value if named else span.phase.value[0].upper()} "
            segments.append(Segment(title, _PHASE))
            x += len(title)
            for number in range(span.first, span.last + 1):
                text = f"{number:>2} " if named else f"{number} "
                self._marks.append((x, x + len(text), number))
                done = Style(bold=True) if number < self._number else Style(dim=True)
                segments.append(Segment(text, _NOW if number == self._number else done))
                x += len(text)
            segments.append(Segment("  " if named else " "))
            x += 2 if named else 1
        return Strip(segments)

    def on_click(self, event: Click) -> None:
        """Go to the mark under the pointer."""
        for start, end, number in self._marks:
            if event.y == 0 and start <= event.x < end:
                self.post_message(self.MarkClicked(number))


def step_line(step: Step, count: int, width: int) -> Strip:
    """Return the operation's title, formula, shapes and number."""
    number = f"{step.number}/{count} "
    parts = [
        Segment(f" {step.title}   ", Style(bold=True)),
        Segment(f"{step.formula}   ", Style(color="yellow", bold=True)),
    ]
    used = sum(part.cell_length for part in parts) + len(number)
    if used + len(step.shapes) <= width:
        parts.append(Segment(step.shapes))
        used += len(step.shapes)
    parts.append(Segment(" " * max(0, width - used) + number))
    return Strip(parts)
