"""The operands and the result of an operation, side by side, and what explains them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from tui_backprop.nn.operation import Index
from tui_backprop.ui.step.check_view import CheckView
from tui_backprop.ui.step.derivation_view import DerivationView
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.net_strip import NetStrip
from tui_backprop.ui.step.room import shares
from tui_backprop.ui.step.step_path import Place, TermChoice
from tui_backprop.ui.step.words_view import WordsView
from tui_backprop.walkthrough.derivation import CellDerivation
from tui_backprop.walkthrough.subject import Related, Sight, related
from tui_backprop.walkthrough.tape import NamedArray, Origin, Step, Tape

_USUAL_OPERANDS = 4
"""How many there are from the start; what has more gets more when it is shown first."""

_WIDE_ENOUGH = 90
"""Columns from which on a derivation stands beside the result; it stands below it otherwise."""

_TERMS_WIDTH, _LEAST_TERMS, _LEAST_RESULT = 80, 44, 18
"""Columns, frame and all: of a derivation at most, at least, of the result beside it."""

_LEAST_ROW, _RESULT_ABOVE, _CHECK_LINES = 4, 4, 13
"""Lines, frame and all: of the operands, of the result over its derivation, of a check."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which cells of the arrays stand out.

    `cells` are those that the subject is made of, by symbol; `cursors` by label, of the operands
    those of the term that is chosen, if one is.
    """

    tape: Tape
    cells: Mapping[str, Related]
    cursors: Mapping[str, Index]
    of_term: bool = False

    def is_by_sample(self, named: NamedArray) -> bool | None:
        """Return whether an index begins with a sample, None where it may be anything."""
        if self.tape.is_by_sample(named):
            return True
        is_known = named.origin is Origin.PARAMETER or self.tape.facts.image_shape is not None
        return False if is_known else None

    def cursor_in(self, named: NamedArray) -> Index | None:
        """Return the cell of an operand to have in sight."""
        used = self.cells.get(named.symbol)
        return self.cursors.get(named.label, None if used is None else used.first)


class ArrayPane(Vertical):
    """All arrays of one operation; a derivation or a check beside the result when asked for."""

    def __init__(self) -> None:
        super().__init__(id="array-pane")
        self._operands = [operand_view(n) for n in range(_USUAL_OPERANDS)]
        self._as_pictures = False
        self._row = Horizontal(id="operands")
        self.words = WordsView()
        self.result = MatrixView(id="result")
        self.derivation = DerivationView()
        self.check = CheckView()
        self.net = NetStrip()
        self._below = Horizontal(self.result, self.derivation, self.check, id="below")

    def compose(self) -> ComposeResult:
        """Lay out the words over the operands, and those over the result."""
        yield self.words
        with self._row:
            yield from self._operands
        yield self._below
        yield self.net

    def show_step(
        self, tape: Tape, place: Place, subject: Index, sample: int | None = None
    ) -> None:
        """Show an operation, and light up what its subject, a cell of the result, is made of.

        With a `sample`, its rows are in sight where the subject is made of all samples.
        """
        self.set_class(False, "-deriving", "-previewing", "-checking", "-zoom-below")
        step, focus = tape.step(place.step), place.focus
        cursors = {step.output.label: subject}
        cell = None
        if focus is not None and focus.label != step.output.label:
            cursors[focus.label] = focus.index
            symbols = (named.symbol for named in step.inputs if named.label == focus.label)
            cell = next(((symbol, focus.index) for symbol in symbols), None)
        sight = Sight(cell, sample, self._in_sight(step))
        self._show_arrays(step, _Marks(tape, related(tape, place.step, subject, sight), cursors))

    def _in_sight(self, step: Step) -> dict[str, Index]:
        """Return the cells of the operands' pictures that are in sight already, by symbol."""
        shown = zip(self._operands, step.inputs, strict=False)
        return {
            named.symbol: view.index
            for view, named in shown
            if view.has_planes and view.named is not None and view.named.array is named.array
        }

    def show_derivation(self, tape: Tape, derivation: CellDerivation, place: Place) -> None:
        """Show an operation with the derivation of one cell, whose operands are lit up."""
        self.leave_zoom()
        self.set_class(True, "-deriving")
        self.set_class(False, "-previewing", "-checking")
        step, subject = tape.step(place.step), derivation.cell.index
        self.derivation.show(derivation, step.output.label, step.formula, place.choice)
        self.derivation.can_focus = True
        cursors = {step.output.label: subject, **self._chosen_cells(step)}
        cells = related(tape, place.step, subject)
        self._show_arrays(step, _Marks(tape, cells, cursors, of_term=True))

    @property
    def has_blanks(self) -> bool:
        """Whether beside the whole result there would be blanks where a derivation fits."""
        if self.explaining or self.zoomed:
            return False
        return self.result.needed[0] + _LEAST_TERMS <= self.size.width

    def fill_blanks(self, step: Step, derivation: CellDerivation) -> None:
        """Show where the subject comes from beside the result, with nothing to choose in it.

        Only where its terms are not cut off.
        """
        self.derivation.show(derivation, step.output.label, step.formula, TermChoice())
        self.derivation.can_focus = False
        if self.result.needed[0] + self.derivation.least_width <= self.size.width:
            self.set_class(True, "-previewing")
            self._share_room()

    def show_check(self) -> None:
        """Make room for the gradient check."""
        self.leave_zoom()
        self.set_class(False, "-deriving", "-previewing")
        self.set_class(True, "-checking")
        self._share_room()

    @property
    def explaining(self) -> bool:
        """Whether a derivation or a check is open."""
        return self.has_class("-deriving") or self.has_class("-checking")

    @property
    def checking(self) -> bool:
        """Whether a check is open."""
        return self.has_class("-checking")

    def zoom(self, view: MatrixView | None) -> None:
        """Give one matrix all the room: first its numbers, then as tints, then all as before.

        Without a matrix, the derivation or check gets it, if one is open, or else the result.
        """
        if view is None and self.explaining:
            self.toggle_class("-zoom-below")
            return
        view = view or self.result
        if not view.has_class("-zoomed"):
            self._zoom_on(view)
        elif view.is_tinted or view.index == ():
            self.leave_zoom()
        else:
            view.show_as_heat(True)

    def leave_zoom(self) -> None:
        """Give all their room again."""
        self.set_class(False, "-zoom-below")
        self._zoom_on(None)

    @property
    def zoomed(self) -> bool:
        """Whether something has all the room."""
        return any(map(self.has_class, ("-zoom-operand", "-zoom-result", "-zoom-below")))

    def _zoom_on(self, chosen: MatrixView | None) -> None:
        self.set_class(chosen is self.result, "-zoom-result")
        self.set_class(chosen in self._operands, "-zoom-operand")
        for view in self._views:
            view.set_class(view is chosen, "-zoomed")
            view.show_as_heat(False)
        self._share_room()

    def show_pictures(self) -> bool:
        """Show planes of pictures as tints, or as numbers again; return whether it is tints now."""
        self._as_pictures = not self._as_pictures
        for view in self._views:
            view.show_pictures(self._as_pictures)
        return self._as_pictures

    @property
    def view_of_planes(self) -> MatrixView | None:
        """The result, or else the first operand, of which there are more planes; None without."""
        views = (self.result, *self._shown_operands())
        return next((view for view in views if view.has_planes), None)

    def follow_chosen_term(self, step: Step) -> None:
        """Bring the operands of the chosen term into sight."""
        cells = self._chosen_cells(step)
        for view in self._shown_operands():
            if view.named is not None and view.named.label in cells:
                view.look_at(cells[view.named.label])

    def view_for(self, step: Step, label: str) -> MatrixView:
        """Return the view that the operation's array of that label belongs in."""
        labels = [named.label for named in step.operands]
        return self._operands[labels.index(label)] if label in labels else self.result

    @property
    def _views(self) -> tuple[MatrixView, ...]:
        return (*self._operands, self.result)

    def _shown_operands(self) -> Iterator[MatrixView]:
        return (view for view in self._operands if not view.has_class("-unused"))

    def _chosen_cells(self, step: Step) -> dict[str, Index]:
        """Return the cells of the derivation's chosen term, by the labels of their arrays."""
        operands = self.derivation.chosen_operands
        return {o.label: o.index for o in operands if step.input(o.symbol) is not None}

    def _show_arrays(self, step: Step, marks: _Marks) -> None:
        more = [operand_view(n) for n in range(len(self._operands), len(step.operands))]
        for view in more:
            view.show_pictures(self._as_pictures)
        self._operands += more
        if more and self._row.is_attached:
            self._row.mount_all(more)
        for number, view in enumerate(self._operands):
            unused = number >= len(step.operands) or step.operands[number] in step.unnamed
            view.set_class(unused, "-unused")
            if unused and view.has_class("-zoomed"):
                self.leave_zoom()
            if not unused:
                self._show_array(view, step, step.operands[number], marks)
        self._show_array(self.result, step, step.output, marks)
        self._share_room()

    def on_resize(self) -> None:
        """Share the room there is now."""
        self._share_room()

    def _share_room(self) -> None:
        """Give each array the room it needs before another gets blanks."""
        shown = [view for view in self._shown_operands() if view.named is not None]
        if not shown or self.result.named is None:
            return
        widths = shares([view.needed[0] for view in shown], self.size.width)
        for view, width in zip(shown, widths, strict=True):
            view.styles.width = f"{max(1, width)}fr"
        of_row = max(view.needed[1] for view in shown)
        has_no_words = self.explaining and self.size.width < _WIDE_ENOUGH
        room = self.size.height - (0 if has_no_words else self.words.needed_lines)
        spare = 0 if self.zoomed or self.checking else room - of_row - self._needed_below()
        of_net = self.net.lines_within(self.size.width, spare)
        self.net.display = of_net > 0
        self.net.styles.height = of_net
        self.net.repaint_changes()
        room -= of_net
        row, below = shares((of_row, self._needed_below()), room)
        if self.explaining and of_row + self._needed_below() > room:
            # What explains comes first, and leaves the operands a row to be seen by.
            below = max(_LEAST_ROW, min(self._needed_below(), room - _LEAST_ROW))
            row = room - below
        self._row.styles.height = f"{max(1, row)}fr"
        self._below.styles.height = f"{max(1, below)}fr"
        beside = (self.has_class("-previewing") and not self.zoomed) or (
            self.has_class("-deriving") and self.size.width >= _WIDE_ENOUGH
        )
        self._below.set_class(beside, "-beside")
        of_result: int | str = "1fr"
        if beside:
            of_result = self.result.needed[0]
            if self.explaining:
                of_terms = min(_TERMS_WIDTH, self.derivation.needed_width)
                of_result = min(of_result, max(_LEAST_RESULT, self.size.width - of_terms))
        self.result.styles.width = of_result

    def _needed_below(self) -> int:
        """Return the lines that the result takes with what explains it."""
        if self.has_class("-previewing"):
            return max(self.result.needed[1], self.derivation.needed_lines)
        if not self.explaining:
            return self.result.needed[1]
        if self.checking:
            return self.result.needed[1] + _CHECK_LINES
        lines = self.derivation.needed_lines
        if self.size.width < _WIDE_ENOUGH:
            return _RESULT_ABOVE + lines
        return max(lines, min(self.result.needed[1], 2 * lines))

    def _show_array(self, view: MatrixView, step: Step, named: NamedArray, marks: _Marks) -> None:
        is_result = view is self.result
        used = marks.cells.get(named.symbol)
        # What updates a parameter has a symbol for it before and after.
        is_lit = used is not None and (not is_result or bool(used.chosen))
        view.show(
            named,
            title="" if is_result else title_of(step, named),
            lit=used.cells if used is not None and is_lit else frozenset(),
            chosen=frozenset() if used is None else used.chosen,
            cursor=marks.cursor_in(named),
            marked=is_result or (marks.of_term and named.label in marks.cursors),
            by_sample=marks.is_by_sample(named),
        )


def title_of(step: Step, named: NamedArray) -> str:
    """Return what an operand is called: its symbol in the formula, tied to its name in the net."""
    symbol = step.names.get(named.symbol, named.symbol)
    return named.label if symbol == named.label else f"{symbol} = {named.label}"


def operand_view(number: int) -> MatrixView:
    """Return what shows an operation's operand of that number, from 0."""
    return MatrixView(id=f"operand-{number}", upright=True)
