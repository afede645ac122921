"""What the step screen shows of an operation: its arrays, what explains them, the sample."""

from contextlib import suppress

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from tui_backprop.nn.operation import Index
from tui_backprop.ui.step.array_pane import ArrayPane
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.sample_view import SampleView, can_show_sample
from tui_backprop.ui.step.step_path import ArrayCell, Place
from tui_backprop.ui.step.transcript_file import class_names
from tui_backprop.walkthrough.derivation import NoDerivation, derive
from tui_backprop.walkthrough.subject import first_subject, sample_of, worst_sample
from tui_backprop.walkthrough.tape import Step, Tape
from tui_backprop.walkthrough.words import words


class StepPanes(Horizontal):
    """The arrays of a place on the tape, and the sample beside them or, if narrow, instead.

    `subject` is the cell of the result that all of it is about, `sample` the number of the sample
    that this is of, or the last one that was.
    """

    _tape: Tape
    subject: Index

    def __init__(self) -> None:
        super().__init__(id="step-panes")
        self.arrays = ArrayPane()
        self.sample = 0
        self.subject = ()
        self._chosen_sample: int | None = None
        self._sample_view = SampleView()

    def compose(self) -> ComposeResult:
        """Lay out the arrays and the sample."""
        yield self.arrays
        yield self._sample_view

    def begin(self, tape: Tape, *, anew: bool) -> None:
        """Take another minibatch: with the most wrong sample (`anew`), or the one chosen."""
        self._tape = tape
        self.set_class(not can_show_sample(tape), "-without-sample")
        if anew or (self._chosen_sample or 0) >= tape.sample_count:
            self._chosen_sample = None
        if anew:
            self.arrays.leave_zoom()

    def show(self, place: Place) -> Widget | None:
        """Show a place on the tape; return the widget that the arrows belong to, if any."""
        tape = self._tape
        step = tape.step(place.step)
        if place.cell is None:
            self.subject = first_subject(tape, place.step, self._chosen_sample).index
        else:
            self.subject = place.cell
        self.sample = self._sample_of_subject(step)
        self._place = place
        self._sample_view.show(tape, self.sample, place.step)
        self.arrays.net.take(tape, place.step, self.sample)
        self.arrays.words.show(words(tape, place.step, self.subject, class_names(tape)))
        if place.deriving:
            self.show_arrays()
            derivation = derive(tape, place.step, self.subject)
            self.arrays.show_derivation(tape, derivation, place)
            return self.arrays.derivation
        self.arrays.show_step(tape, place, self.subject, self._chosen_sample)
        self._fill_blanks()
        if place.focus is None:
            return None
        return self.arrays.view_for(step, place.focus.label)

    def on_resize(self) -> None:
        """Fill the blanks there are now."""
        if self.is_mounted and hasattr(self, "_place"):
            self.call_after_refresh(self._fill_blanks)

    def _fill_blanks(self) -> None:
        """Show the subject's derivation where there would be blanks, and it has one."""
        if not self.arrays.has_blanks:
            return
        number = self._place.step
        with suppress(NoDerivation):
            derivation = derive(self._tape, number, self.subject)
            self.arrays.fill_blanks(self._tape.step(number), derivation)

    def _sample_of_subject(self, step: Step) -> int:
        """Return the subject's sample; where it is made of all of them the one that was chosen."""
        tape = self._tape
        if not tape.sample_count:
            return 0
        if self._chosen_sample is not None and not tape.is_by_sample(step.output):
            return self._chosen_sample
        found = sample_of(tape, step.number, self.subject)
        return worst_sample(tape) or 0 if found is None else found

    def take_sample(self, change: int) -> None:
        """Look at another sample, from now on."""
        self.choose_sample((self.sample + change) % self._tape.sample_count)

    def choose_sample(self, sample: int) -> None:
        """Look at a sample, from now on."""
        self.sample = self._chosen_sample = sample
        self._sample_view.show(self._tape, sample, self._place.step)

    def toggle_sample(self) -> None:
        """On a narrow terminal, show the sample instead of the arrays, or the arrays again."""
        self.toggle_class("-show-sample")

    def show_arrays(self) -> None:
        """On a narrow terminal, show the arrays."""
        self.set_class(False, "-show-sample")

    def make_room_for_check(self) -> None:
        """Open the gradient check."""
        self.show_arrays()
        self.arrays.show_check()

    def zoom(self, view: MatrixView | None) -> None:
        """Give a matrix all the room, or without one a derivation or a check."""
        self.show_arrays()
        self.arrays.zoom(view)

    @property
    def showing_sample(self) -> bool:
        """Whether the sample stands instead of the arrays, where the terminal is narrow."""
        return self.has_class("-show-sample")


def cell_at_cursor(view: MatrixView | None) -> ArrayCell | None:
    """Return the cell that a matrix's cursor is on, None without an array."""
    if view is None or view.named is None:
        return None
    return ArrayCell(view.named.label, view.index)
