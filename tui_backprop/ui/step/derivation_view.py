"""Why a cell holds its number: its terms, largest first, each with where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui_backprop.nn.words import cell_name
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import first_fitting
from tui_backprop.ui.step.derivation_lines import VALUE, divisor_line, named_form, result_lines
from tui_backprop.ui.step.matrix_window import panned
from tui_backprop.ui.step.step_path import TermChoice
from tui_backprop.walkthrough.derivation import CellDerivation, RankedTerm, TracedOperand


@dataclass(frozen=True, slots=True)
class _TermForm:
    """How terms are written: their significant digits, with the operands' values, the total."""

    digits: int
    values: bool = True
    total: bool = True


_TERM_FORMS = (
    *(_TermForm(digits) for digits in (6, 5, 4, 3)),
    *(_TermForm(digits, total=False) for digits in (4, 3)),
    *(_TermForm(digits, values=False) for digits in (4, 3)),
    _TermForm(3, values=False, total=False),
)
"""From the fullest to the shortest."""

_FEWEST_LINES = 8
_MEASURED_TERMS = 40
_FRAME = 4

_CHOSEN = Style(reverse=True, bold=True)


class DerivationView(PaintedWidget, can_focus=True):
    """The terms of one cell. Up and down choose a term, left and right one of its operands."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {VALUE}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Term", show=False),
        Binding(
            "down",
            "move(1)",
            "Term",
            key_display="↑↓←→",
            tooltip="Choose a term (↑ ↓), and one of its operands (← →)",
        ),
        Binding("pageup", "page(-1)", "Page", show=False),
        Binding(
            "pagedown",
            "page(1)",
            "Page",
            key_display="pgup pgdn",
            show=False,
            tooltip="As many terms up or down as are in sight",
        ),
        Binding("left", "choose_operand(-1)", "Operand", show=False),
        Binding("right", "choose_operand(1)", "Operand", show=False),
        Binding("enter", "follow", "Source", tooltip="Jump to where the operand came from"),
    ]

    class TermChosen(Message):
        """Another term or operand was chosen."""

    class SourceRequested(Message):
        """The chosen operand's source was asked for."""

        def __init__(self, operand: TracedOperand) -> None:
            super().__init__()
            self.operand = operand

    def __init__(self) -> None:
        super().__init__(id="derivation", classes="pane")
        self._derivation: CellDerivation | None = None
        self._terms: tuple[RankedTerm, ...] = ()
        self._heading: int | None = None
        self._chosen = 0
        self._operand = 0
        self._first = 0

    def show(
        self, derivation: CellDerivation, label: str, formula: str, choice: TermChoice
    ) -> None:
        """Show the derivation of a cell of the array of that label."""
        self._derivation = derivation
        terms, divisor_terms = derivation.by_magnitude(), derivation.divisor_by_magnitude()
        # A divisor that is one number, as the N of a mean, has said all in its heading.
        self._heading = len(terms) if len(divisor_terms) > 1 else None
        self._terms = terms if self._heading is None else terms + divisor_terms
        # A window at the edge of a picture has fewer terms than the one before.
        self._chosen, self._first = min(choice.term, max(0, len(self._terms) - 1)), 0
        operand = choice.operand
        self._operand = self._first_with_source() if operand is None else operand
        self.border_title = Content(f"{cell_name(label, derivation.cell.index)}   {formula}")
        self.repaint_changes()

    @property
    def chosen_operand(self) -> TracedOperand | None:
        """The operand the cursor is on."""
        operands = self._operands()
        return operands[min(self._operand, len(operands) - 1)] if operands else None

    @property
    def needed_lines(self) -> int:
        """The lines that all terms take, frame and all; never fewer than show a few."""
        return max(_FEWEST_LINES, len(self._terms) + 2) + 2

    @property
    def needed_width(self) -> int:
        """The columns that its largest terms take in full, frame and all."""
        return self._width_of(_TERM_FORMS[0])

    @property
    def least_width(self) -> int:
        """The columns that its largest terms take where they are shortest, frame and all."""
        return self._width_of(_TERM_FORMS[-1])

    def _width_of(self, form: _TermForm) -> int:
        derivation = self._derivation
        if derivation is None:
            return 0
        fullest, *_, shortest = result_lines(derivation, self.style_of)
        lines = [fullest if form is _TERM_FORMS[0] else shortest]
        if derivation.divisor_terms:
            lines.append(divisor_line(derivation))
        first = self._terms[:_MEASURED_TERMS]
        names = max((cell_len(term.term.names()) for term in first), default=0)
        lines += [self._term_line(at, names, form) for at in range(len(first))]
        return max(line.cell_length for line in lines) + _FRAME

    @property
    def choice(self) -> TermChoice:
        """The term and the operand the cursor is on."""
        return TermChoice(self._chosen, self._operand)

    @property
    def chosen_operands(self) -> tuple[TracedOperand, ...]:
        """All operands of the term the cursor is on."""
        return self._operands()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the result, and as many terms as fit."""
        derivation = self._derivation
        if derivation is None:
            return []
        head = self._head(derivation, width)
        listed = self._listed()
        room = max(1, height - len(head))
        self._first = panned(self._first, room, len(listed), listed.index(self._chosen))
        in_sight = listed[self._first : self._first + room]
        names = max(
            (cell_len(self._terms[at].term.names()) for at in in_sight if at is not None), default=0
        )
        divisor = divisor_line(derivation)
        for form in _TERM_FORMS:
            lines = [
                divisor if place is None else self._term_line(place, names, form)
                for place in in_sight
            ]
            if all(line.cell_length <= width for line in lines):
                break
        total = ", Σ the total so far" if form.total else ""
        self.border_subtitle = f"largest first{total}" if len(self._terms) > 1 else ""
        return head + lines

    def _head(self, derivation: CellDerivation, width: int) -> list[Strip]:
        """Return the lines that stay in sight: the result, and a divisor that is one number."""
        head = [first_fitting(width, result_lines(derivation, self.style_of))]
        if derivation.divisor_terms and self._heading is None:
            head.append(divisor_line(derivation))
        return head

    def _listed(self) -> list[int | None]:
        """Return the places of the terms as they are listed, with None where a heading stands."""
        listed: list[int | None] = list(range(len(self._terms)))
        if self._heading is not None:
            listed.insert(self._heading, None)
        return listed

    def on_click(self, event: Click) -> None:
        """Choose the term under the pointer; a second click follows it, once it can be chosen."""
        offset = event.get_content_offset(self)
        if offset is None or self._derivation is None:
            return
        in_sight = self._listed()[self._first :]
        line = offset.y - len(self._head(self._derivation, self.size.width))
        place = in_sight[line] if 0 <= line < len(in_sight) else None
        if place is None:
            return
        if place == self._chosen and self.can_focus:
            self.action_follow()
        else:
            self.action_move(place - self._chosen)

    def action_move(self, terms: int) -> None:
        """Choose another term."""
        self._chosen = min(max(0, self._chosen + terms), max(0, len(self._terms) - 1))
        self.repaint_changes()
        self.post_message(self.TermChosen())

    def action_page(self, direction: int) -> None:
        """Move by as many terms as are in sight."""
        self.action_move(direction * max(1, self.size.height - 2))

    def action_choose_operand(self, direction: int) -> None:
        """Choose another operand of the term."""
        count = len(self._operands())
        self._operand = min(max(0, self._operand + direction), max(0, count - 1))
        self.repaint_changes()
        self.post_message(self.TermChosen())

    def action_follow(self) -> None:
        """Ask for the chosen operand's source."""
        if (operand := self.chosen_operand) is not None:
            self.post_message(self.SourceRequested(operand))

    def _operands(self) -> tuple[TracedOperand, ...]:
        return self._terms[self._chosen].term.operands if self._terms else ()

    def _first_with_source(self) -> int:
        sources = [operand.source is not None for operand in self._operands()]
        return sources.index(True) if True in sources else 0

    def _term_line(self, place: int, name_width: int, form: _TermForm) -> Strip:
        _, term, total = self._terms[place]
        digits = form.digits
        chosen = place == self._chosen
        mark = "▸" if chosen else " "
        names = []
        for number, operand in enumerate(term.operands):
            here = chosen and self.has_focus and number == self._operand
            names.append((operand.name, _CHOSEN if here else Style(bold=chosen)))
        padding = " " * (name_width - cell_len(term.names()))
        numbers = term.numbers(lambda value: f"{value + 0.0:.{digits}g}")
        value = f"{term.value + 0.0:.{digits}g}"
        values = f" = {value}"
        # −1, written with the formula's own minus, is no other number than -1.
        if form.values and numbers.replace("−", "-") != value:
            values = f" = {numbers}{values}"
        return Strip(
            [
                Segment(f"{mark} ", Style(bold=True)),
                *named_form(term.form, names),
                Segment(padding + values),
                Segment(f"   Σ {total + 0.0:.{digits}g}" if form.total else "", Style(dim=True)),
            ]
        )
