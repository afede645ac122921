"""The step screen: one minibatch, operation by operation, both ways."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer

from tui_backprop.session.walkthrough_messages import (
    CellChecked,
    CheckCell,
    CheckNet,
    CommitTrace,
    NetChecked,
    Traced,
)
from tui_backprop.ui.messages import CommandRequested
from tui_backprop.ui.step.numbers import index_text
from tui_backprop.ui.step.step_path import StepPath
from tui_backprop.ui.step.transcript_file import write_new_file
from tui_backprop.ui.widgets.step.array_pane import ArrayPane
from tui_backprop.ui.widgets.step.derivation_view import DerivationView
from tui_backprop.ui.widgets.step.matrix_view import MatrixView
from tui_backprop.ui.widgets.step.sample_view import SampleView
from tui_backprop.ui.widgets.step.step_status import StepStatus
from tui_backprop.ui.widgets.step.tape_bar import TapeBar
from tui_backprop.walkthrough.derivation import derive
from tui_backprop.walkthrough.full_check import NetCheck
from tui_backprop.walkthrough.gradient_check import DEFAULT_STEP, STEP_SIZES, CellCheck
from tui_backprop.walkthrough.tape import Origin, Step
from tui_backprop.walkthrough.transcript import transcript

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Operations per second while playing."""


class StepScreen(Screen[None]):
    """Walks a traced minibatch. Leaving it changes nothing; w applies exactly what it shows."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as declared there
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right", "step(1)", "Step", key_display="← →", tooltip="One operation (→ on, ← back)"
        ),
        Binding("left", "step(-1)", "Step back", show=False),
        Binding(
            "shift+right", "phase(1)", "Phase", key_display="⇧← →", tooltip="One phase on or back"
        ),
        Binding("shift+left", "phase(-1)", "Phase back", show=False),
        Binding("home", "to_start", "Start", show=False, tooltip="First operation"),
        Binding("end", "to_end", "End", show=False, tooltip="Last operation"),
        Binding("space", "play", "Play", tooltip="Play the tape, or stop"),
        Binding(
            "plus,equals_sign",
            "speed(1)",
            "Speed",
            key_display="+ -",
            show=False,
            tooltip="Faster or slower play",
        ),
        Binding("minus", "speed(-1)", "Slower", show=False),
        Binding("tab", "app.focus_next", "Matrix", tooltip="Next matrix: arrows move in it"),
        Binding("enter", "explain", "Explain", tooltip="Where the cell's number came from"),
        Binding("backspace", "back", "Back", show=False, tooltip="Return from a jump"),
        Binding(
            "right_square_bracket",
            "sample(1)",
            "Sample",
            key_display="[ ]",
            tooltip="Another sample of the minibatch",
        ),
        Binding("left_square_bracket", "sample(-1)", "Sample before", show=False),
        Binding("i", "picture", "Picture", show=False, tooltip="The sample (small terminal)"),
        Binding("c", "check", "Check", tooltip="Check the gradient cell numerically"),
        Binding("h", "step_size", "h", show=False, tooltip="Another step size h for the check"),
        Binding("C", "check_net", "Check all", show=False, tooltip="Check every gradient"),
        Binding("x", "export", "Export", show=False, tooltip="Write the tape as Markdown"),
        Binding("w", "commit", "Commit", tooltip="Apply the update; trace the next minibatch"),
        Binding("escape", "leave", "Leave", tooltip="Close what is open, then leave"),
    ]

    def __init__(self, traced: Traced) -> None:
        super().__init__(id="step-screen")
        self._traced = traced
        self._path = StepPath(traced.tape)
        self._sample = 0
        self._h = DEFAULT_STEP
        self._cell_checks: tuple[CellCheck, ...] = ()
        self._net_check: NetCheck | None = None
        self._export_when_checked = False
        self._player: Timer | None = None
        self._speed = 1
        self._status = StepStatus()
        self._tape_bar = TapeBar()
        self._arrays = ArrayPane()
        self._sample_view = SampleView()

    def compose(self) -> ComposeResult:
        """Lay out the tape over the arrays and the sample."""
        yield self._status
        yield self._tape_bar
        with Horizontal(id="step-panes"):
            yield self._arrays
            yield self._sample_view
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show the first operation."""
        self._show()

    def show_traced(self, traced: Traced) -> None:
        """Show the next minibatch, at the operation that was looked at."""
        number = self._path.place.step
        again = traced.iteration == self._traced.iteration
        self._traced = traced
        self._path = StepPath(traced.tape)
        self._path.move_to(min(number, len(traced.tape)))
        self._sample = min(self._sample, traced.tape.sample_count - 1)
        self._net_check, self._cell_checks = None, ()
        self._show()
        if again:
            self._status.say("not committed: " + commit_obstacle(traced))

    def show_cell_check(self, event: CellChecked) -> None:
        """Show the check of a cell."""
        self._cell_checks = event.checks
        self._arrays.check.show_cell(event.checks, self._h)

    def show_net_check(self, event: NetChecked) -> None:
        """Show how far the check of all gradients has come."""
        self._net_check = event.check
        if not self._export_when_checked:
            self._arrays.check.show_net(event.check)
        elif event.check.finished:
            self._export_when_checked = False
            self._export()

    def _show(self) -> None:
        """Show the place on the tape in every pane."""
        place = self._path.place
        step = self._step
        self._tape_bar.show(self._traced.tape, place.step)
        self._sample_view.show(self._traced, self._sample)
        self._status.show(self._traced, self._sample, step)
        if place.deriving:
            derivation = derive(self._traced.tape, place.step, place.cell)
            self._arrays.show_derivation(step, derivation)
            self._arrays.derivation.focus()
        else:
            self._arrays.show_step(step, self._sample)

    @property
    def _step(self) -> Step:
        return self._traced.tape.step(self._path.place.step)

    def action_step(self, steps: int) -> None:
        """Go one operation on or back."""
        self._path.move_by(steps)
        self._show()

    def action_phase(self, direction: int) -> None:
        """Go one phase on or back."""
        self._path.move_by_phase(direction)
        self._show()

    def action_to_start(self) -> None:
        """Go to the first operation."""
        self._path.move_to(1)
        self._show()

    def action_to_end(self) -> None:
        """Go to the last operation."""
        self._path.move_to(len(self._traced.tape))
        self._show()

    def action_play(self) -> None:
        """Play the tape from here, or stop playing."""
        if self._player is None:
            if self._path.place.step == len(self._traced.tape):
                self._path.move_to(1)
            self._player = self.set_interval(1 / SPEEDS[self._speed], self._play_on)
            self._status.say(f"playing, {SPEEDS[self._speed]:g} operations a second: space stops")
        else:
            self._stop_playing()

    def _play_on(self) -> None:
        self.action_step(1)
        if self._path.place.step == len(self._traced.tape):
            self._stop_playing()

    def _stop_playing(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
            self._status.say("")

    def action_speed(self, change: int) -> None:
        """Play faster or slower."""
        self._speed = min(max(0, self._speed + change), len(SPEEDS) - 1)
        if self._player is not None:
            self._stop_playing()
            self.action_play()

    def action_sample(self, change: int) -> None:
        """Look at another sample."""
        self._sample = (self._sample + change) % self._traced.tape.sample_count
        self._sample_view.show(self._traced, self._sample)
        self._status.show(self._traced, self._sample, self._step)
        if not self._path.place.deriving:
            self._arrays.look_at_sample(self._sample)

    def action_picture(self) -> None:
        """On a small terminal, show the sample instead of the arrays, or the arrays again."""
        self.toggle_class("-show-sample")

    def action_explain(self) -> None:
        """Open the derivation of the cell under the cursor of the focused matrix."""
        view = self.focused if isinstance(self.focused, MatrixView) else self._arrays.result
        self._explain(view)

    def _explain(self, view: MatrixView) -> None:
        named = view.named
        if named is None:
            return
        if view is self._arrays.result:
            self._path.select(view.index)
            self._path.derive(True)
        elif named.step is not None:
            self._path.jump(named.step, view.index)
        else:
            self._status.say(f"{index_text(named.label, view.index)} is {named.origin.value}")
            return
        self._show()

    def action_back(self) -> None:
        """Return to where the last jump started."""
        if self._path.can_go_back:
            self._path.back()
            self._show()
        else:
            self._status.say("no jump to return from")

    def action_check(self) -> None:
        """Check the gradient under the result's cursor by central differences."""
        label = self._step.output.label
        if label[1:] not in self._parameter_labels() or not label.startswith("d"):
            self._status.say("c checks a gradient: go to a step that makes a dW or db")
            return
        view = self._arrays.result
        self._arrays.show_check()
        self._arrays.check.show_waiting(index_text(label, view.index))
        self.post_message(CommandRequested(CheckCell(label[1:], view.index)))

    def action_step_size(self) -> None:
        """Take the next step size for the gradient check."""
        self._h = STEP_SIZES[(STEP_SIZES.index(self._h) + 1) % len(STEP_SIZES)]
        if self._cell_checks and self._arrays.has_class("-checking"):
            self._arrays.check.show_cell(self._cell_checks, self._h)
        else:
            self._status.say(f"h = {self._h:g} for the next check")

    def action_check_net(self) -> None:
        """Check every gradient of the net."""
        self._cell_checks = ()
        self._arrays.show_check()
        self._arrays.check.show_waiting("Every gradient")
        self.post_message(CommandRequested(CheckNet(self._h)))

    def action_export(self) -> None:
        """Write the tape as Markdown, with the check of all gradients."""
        if self._net_check is not None and self._net_check.finished:
            self._export()
        else:
            self._export_when_checked = True
            self._status.say("checking every gradient for the export …")
            self.post_message(CommandRequested(CheckNet(DEFAULT_STEP)))

    def _export(self) -> None:
        traced = self._traced
        stem = f"walkthrough-iteration-{traced.iteration}"
        lines = transcript(traced.tape, self._net_check, transcript_heading(traced))
        try:
            path = write_new_file(Path.cwd(), stem, lines)
        except OSError as error:
            self._status.say(f"{stem}.md: {error.strerror}")
        else:
            self._status.say(f"written to {path}")

    def action_commit(self) -> None:
        """Apply the update that is shown, and go to the next minibatch."""
        obstacle = commit_obstacle(self._traced)
        if obstacle:
            self._status.say("not committed: " + obstacle)
        else:
            self.post_message(CommandRequested(CommitTrace()))

    def action_leave(self) -> None:
        """Close the derivation or check, give the arrows back to the tape, or leave."""
        if self._path.place.deriving or self._arrays.has_class("-checking"):
            self._path.derive(False)
            self.set_focus(None)
            self._show()
        elif self.focused is not None:
            self.set_focus(None)
        else:
            self._stop_playing()
            self.dismiss()

    @on(TapeBar.MarkClicked)
    def _go_to_mark(self, event: TapeBar.MarkClicked) -> None:
        self._path.move_to(event.step)
        self._show()

    @on(MatrixView.CellChosen)
    def _choose_cell(self, event: MatrixView.CellChosen) -> None:
        if event.view is self._arrays.result:
            self._path.select(event.index)
        if event.opened:
            self._explain(event.view)

    @on(DerivationView.TermChosen)
    def _follow_term(self) -> None:
        self._arrays.follow_chosen_term()

    @on(DerivationView.SourceRequested)
    def _jump_to_source(self, event: DerivationView.SourceRequested) -> None:
        operand = event.operand
        if operand.source is not None:
            self._path.jump(operand.source.step, operand.source.index)
            self._show()
            return
        named = self._step.input(operand.symbol)
        origin = Origin.CONSTANT if named is None else named.origin
        self._status.say(f"{index_text(operand.label, operand.index)} is {origin.value}")

    def _parameter_labels(self) -> set[str]:
        return {
            named.label
            for step in self._traced.tape
            for named in step.inputs
            if named.origin is Origin.PARAMETER
        }


def commit_obstacle(traced: Traced) -> str:
    """Return why the traced iteration cannot be made, or nothing."""
    if traced.iteration > traced.iterations:
        return f"all {traced.iterations:,} iterations are made"
    broken = traced.tape.first_non_finite
    return f"{broken.output.label} is not finite" if broken is not None else ""


def transcript_heading(traced: Traced) -> list[str]:
    """Return which minibatch of which run a walkthrough is of."""
    sizes = "-".join(str(size) for size in traced.layer_sizes)
    return [
        f"Iteration {traced.iteration:,} on {traced.dataset}, net {sizes},"
        f" learning rate {traced.learning_rate:g}."
    ]
