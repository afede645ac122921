"""The step screen: one minibatch, operation by operation, both ways."""

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
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
from tui_backprop.ui.screens.step_bindings import STEP_BINDINGS
from tui_backprop.ui.step.numbers import index_text
from tui_backprop.ui.step.player import Player
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
from tui_backprop.walkthrough.gradient_check import DEFAULT_STEP
from tui_backprop.walkthrough.tape import Origin, Step
from tui_backprop.walkthrough.transcript import transcript, transcript_heading


class StepScreen(Screen[None]):
    """Walks a traced minibatch. Leaving it changes nothing; w applies exactly what it shows."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as declared there
    BINDINGS = STEP_BINDINGS

    def __init__(self, traced: Traced) -> None:
        super().__init__(id="step-screen")
        self._traced = traced
        self._path = StepPath(traced.tape)
        self._sample = 0
        self._net_check: NetCheck | None = None
        self._export_when_checked = False
        self._status = StepStatus()
        self._tape_bar = TapeBar()
        self._arrays = ArrayPane()
        self._sample_view = SampleView()
        self._player = Player(self, self._play_on, self._status.say)

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
        self._net_check = None
        self._show()
        if again:
            self._status.say("not committed: " + commit_obstacle(traced))

    def show_cell_check(self, event: CellChecked) -> None:
        """Show the check of a cell."""
        self._arrays.check.show_cell(event.checks)

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
        if not self._player.playing and self._path.place.step == len(self._traced.tape):
            self.action_to_start()
        self._player.toggle()

    def action_speed(self, change: int) -> None:
        """Play faster or slower."""
        self._player.change_speed(change)

    def _play_on(self) -> None:
        self.action_step(1)
        if self._path.place.step == len(self._traced.tape):
            self._player.stop()

    def action_sample(self, change: int) -> None:
        """Look at another sample."""
        self._sample = (self._sample + change) % self._traced.tape.sample_count
        self._sample_view.show(self._traced, self._sample)
        self._status.show(self._traced, self._sample, self._step)
        if not self._path.place.deriving:
            self._arrays.look_at_sample(self._sample)

    def action_zoom(self) -> None:
        """Give the focused matrix all the room, or the result where none is."""
        self._arrays.zoom(self._looked_at())

    def action_picture(self) -> None:
        """On a small terminal, show the sample instead of the arrays, or the arrays again."""
        self.toggle_class("-show-sample")

    def action_explain(self) -> None:
        """Open the derivation of the cell under the cursor of the focused matrix."""
        self._explain(self._looked_at())

    def _looked_at(self) -> MatrixView:
        return self.focused if isinstance(self.focused, MatrixView) else self._arrays.result

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
        key = self._traced.tape.parameter_of_gradient(self._path.place.step)
        if key is None:
            self._status.say("c checks a dW or db: go to a step that makes one")
            return
        view = self._arrays.result
        self._arrays.show_check()
        self._arrays.check.show_waiting(index_text(self._step.output.label, view.index))
        self.post_message(CommandRequested(CheckCell(key, view.index)))

    def action_step_size(self) -> None:
        """Take the next step size for the gradient check."""
        self._arrays.check.take_next_step_size()
        if not self._arrays.has_class("-checking"):
            self._status.say(f"h = {self._arrays.check.h:g} for the next check")

    def action_check_net(self) -> None:
        """Check every gradient of the net."""
        self._arrays.show_check()
        self._arrays.check.show_waiting("Every gradient")
        self.post_message(CommandRequested(CheckNet(self._arrays.check.h)))

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
        heading = transcript_heading(
            traced.iteration, traced.dataset, traced.layer_sizes, traced.learning_rate
        )
        lines = transcript(traced.tape, self._net_check, heading)
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
        elif self.focused is not None or self._arrays.zoomed:
            self.set_focus(None)
            self._arrays.leave_zoom()
        else:
            self._player.stop()
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


def commit_obstacle(traced: Traced) -> str:
    """Return why the traced iteration cannot be made, or nothing."""
    if traced.iteration > traced.iterations:
        return f"all {traced.iterations:,} iterations are made"
    broken = traced.tape.first_non_finite
    return f"{broken.output.label} is not finite" if broken is not None else ""
