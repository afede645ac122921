"""What the step screen shows of an operation: its arrays, what explains them, the sample."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.ui.step.array_pane import ArrayPane
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.sample_view import SampleView
from tui_backprop.ui.step.step_path import ArrayCell, Place
from tui_backprop.walkthrough.derivation import derive


class StepPanes(Horizontal):
    """The arrays of a place on the tape, and the sample beside them or, if narrow, instead.

    `sample` is the number of the sample that is looked at.
    """

    _traced: Traced

    def __init__(self) -> None:
        super().__init__(id="step-panes")
        self.arrays = ArrayPane()
        self.sample = 0
        self._sample_view = SampleView()

    def compose(self) -> ComposeResult:
        """Lay out the arrays and the sample."""
        yield self.arrays
        yield self._sample_view

    def begin(self, traced: Traced, *, anew: bool) -> None:
        """Take another minibatch: from the first sample on (`anew`), or at the same number."""
        self._traced = traced
        self.sample = 0 if anew else min(self.sample, traced.tape.sample_count - 1)
        if anew:
            self.arrays.leave_zoom()

    def show(self, place: Place) -> Widget | None:
        """Show a place on the tape; return the widget that the arrows belong to, if any."""
        step = self._traced.tape.step(place.step)
        self._sample_view.show(self._traced, self.sample)
        if place.deriving:
            self.show_arrays()
            derivation = derive(self._traced.tape, place.step, place.cell or ())
            self.arrays.show_derivation(step, derivation, place)
            return self.arrays.derivation
        self.arrays.show_step(step, place, self.sample)
        if place.focus is None:
            return None
        return self.arrays.view_for(step, place.focus.label)

    def take_sample(self, change: int) -> None:
        """Look at another sample, in the sample's pane alone."""
        self.sample = (self.sample + change) % self._traced.tape.sample_count
        self._sample_view.show(self._traced, self.sample)

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
