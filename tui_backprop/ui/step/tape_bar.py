"""The tape: every operation by its name, the current one with formula and shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import cut_between_words, first_fitting
from tui_backprop.walkthrough.tape import Phase, PhaseSpan, Step, Tape

NOW, FORMULA, BAD = "paint--now", "paint--value", "paint--bad"
_PHASE = Style(dim=True, italic=True)
_GAP = "│ "
_DONE, _TO_COME = Style(bold=True), Style(dim=True)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A name on the bar, and the operation that a click on it leads to."""

    text: str
    number: int
    is_wrong: bool = False


def _marks_of(tape: Tape, span: PhaseSpan, now: int, *, by_layer: bool) -> list[_Mark]:
    """Return a phase's operations by name; `by_layer`: layers other than the current one alone.

    A layer's name stands before the first of its operations in a row, and before the current one.
    """
    marks: list[_Mark] = []
    steps = tape.steps[span.first - 1 : span.last]
    wrong = 0 if tape.disagreement is None else tape.disagreement.step
    for group, members in groupby(steps, key=group_of):
        own = list(members)
        is_here = any(step.number == now for step in own)
        if by_layer and group and not is_here:
            is_wrong = any(step.number == wrong for step in own)
            marks.append(_Mark(_marked(group, is_wrong), own[0].number, is_wrong))
            continue
        for place, step in enumerate(own):
            names = place == 0 or step.number == now
            name = step_name(step) if names else own_name(step)
            is_wrong = step.number == wrong
            marks.append(_Mark(_marked(name, is_wrong), step.number, is_wrong))
    return marks


def _marked(name: str, is_wrong: bool) -> str:
    """Return a name, with a mark where code and derivation disagree first."""
    return f"✗{name}" if is_wrong else name


def group_of(step: Step) -> str:
    """Return under which name operations stand together: their layer's, their parameter's."""
    if step.phase is Phase.UPDATE:
        return step.output.label.removesuffix("′").split(" of ")[-1]
    return "" if step.phase is Phase.LOSS or step.output.label == "dy" else step.layer


def own_name(step: Step) -> str:
    """Return what an operation makes, as dW, or W′."""
    if step.phase is Phase.UPDATE:
        return step.output.label.split(" of ")[0]
    if (group := group_of(step)) and step.output.label.startswith(f"{group}."):
        # Of other code a layer makes several arrays for which formulas have the same symbol.
        return step.output.label.removeprefix(f"{group}.")
    return step.output.symbol if group else step.output.label


def step_name(step: Step) -> str:
    """Return an operation's name as a whole, as Affine2 dW."""
    group, own = group_of(step), own_name(step)
    if step.phase is Phase.UPDATE:
        return step.output.label
    return f"{group} {own}" if group else own


class TapeBar(PaintedWidget):
    """Names grouped by phase on one line, the current operation on the next."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {NOW, FORMULA, BAD}

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
        """Return all names if they fit, or others by layer, and of those the ones around."""
        for by_layer in (False, True):
            line, places = self._marks(tape, by_layer=by_layer)
            if line.cell_length <= width:
                break
        start, end = next((x, end) for x, end, number in places if number == self._number)
        left = min(max(0, (start + end - width) // 2), max(0, line.cell_length - width))
        # Only whole names: what begins before the edge, or ends behind it, is no place to click.
        whole = [(x, end, n) for x, end, n in places if left <= x and end <= left + width]
        self._places = [(x - left, end - left, number) for x, end, number in whole]
        return line.crop(left, left + width)

    def _marks(self, tape: Tape, *, by_layer: bool) -> tuple[Strip, list[tuple[int, int, int]]]:
        """Return all marks, and of each the columns it starts and ends at, and its number."""
        now = self.style_of(NOW)
        segments, places = [Segment(" ")], []
        x = 1
        for span in tape.phases:
            title = f"{span.phase.value} "
            segments.append(Segment(title, _PHASE))
            x += cell_len(title)
            for mark in _marks_of(tape, span, self._number, by_layer=by_layer):
                is_now = mark.number == self._number
                text = f" {mark.text} "
                style = _DONE if mark.number < self._number else _TO_COME
                style = self.style_of(BAD) if mark.is_wrong else style
                segments.append(Segment(text, now if is_now else style))
                places.append((x, x + cell_len(text), mark.number))
                x += cell_len(text)
            segments.append(Segment(_GAP))
            x += len(_GAP)
        return Strip(segments[:-1]), places

    def on_click(self, event: Click) -> None:
        """Go to the mark under the pointer."""
        for start, end, number in self._places:
            if event.y == 0 and start <= event.x < end:
                self.post_message(self.MarkClicked(number))


def step_line(step: Step, count: int, width: int, formula: Style) -> Strip:
    """Return the operation's title, formula, shapes and number, the shapes only if they fit.

    Constants that the formula does not name stand behind it.
    """
    constants = ", ".join(f"{named.symbol} = {float(named.array):g}" for named in step.unnamed)
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
                    Segment(f"{constants}{gap}" if constants else ""),
                    Segment(shapes),
                ]
            )
            for gap, shapes in (("   ", step.shapes), ("  ", step.shapes), (" ", ""))
        ),
    )
    return Strip([*cut_between_words(line, room).adjust_cell_length(room), Segment(number)])
