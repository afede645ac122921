"""Which minibatch is walked, its sample in question, and one line of news."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.ui.step.numbers import long_text
from tui_backprop.ui.widgets.painted_widget import PaintedWidget
from tui_backprop.walkthrough.tape import Step


class StepStatus(PaintedWidget):
    """One line; what `say` says stays until the next step."""

    def __init__(self) -> None:
        super().__init__(id="step-status")
        self._traced: Traced | None = None
        self._sample = 0
        self._step: Step | None = None
        self._news = ""

    def show(self, traced: Traced, sample: int, step: Step) -> None:
        """Show a step of a traced minibatch."""
        if step is not self._step:
            self._news = ""
        self._traced, self._sample, self._step = traced, sample, step
        self.repaint_changes()

    def say(self, news: str) -> None:
        """Show a line of news."""
        self._news = printable(news)
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the line."""
        traced, step = self._traced, self._step
        if traced is None or step is None:
            return []
        title = f" ‖ iteration {traced.iteration:,}/{traced.iterations:,}"
        segments = [Segment(title, Style(color="yellow", bold=True))]
        if self._news:
            return [Strip([*segments, Segment(f"  {self._news}", Style(bold=True))])]
        if step.number == len(traced.tape):
            segments.append(Segment(f"  {prediction_text(traced)}", Style(bold=True)))
            return [Strip(segments)]
        tape, names = traced.tape, traced.class_names
        label, guess = int(tape.labels[self._sample]), int(tape.y[self._sample].argmax())
        segments.append(
            Segment(
                f"  sample {self._sample} of {traced.tape.sample_count}:"
                f" label {printable(names[label], 8)},"
                f" predicted {printable(names[guess], 8)}"
                f" ({float(tape.y[self._sample, guess]):.2f})"
            )
        )
        return [Strip(segments)]


def prediction_text(traced: Traced) -> str:
    """Return what the update did to the batch's loss, beside what first order foretold."""
    prediction = traced.tape.prediction
    return (
        f"loss {long_text(prediction.loss_before)} → {long_text(prediction.loss_after)},"
        f" −η·‖g‖² foretold {long_text(prediction.loss_predicted)}"
    )
