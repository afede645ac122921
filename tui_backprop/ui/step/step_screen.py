"""The step screen: one minibatch, operation by operation, both ways."""

from textual import on

from tui_backprop.session.messages import Command
from tui_backprop.session.walkthrough_messages import CommitTrace, DropCheck, Traced
from tui_backprop.ui.messages import CommandRequested
from tui_backprop.ui.step.derivation_view import DerivationView
from tui_backprop.ui.step.gradient_checks import GradientChecks
from tui_backprop.ui.step.jump_screen import JumpScreen
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.sample_view import can_show_sample
from tui_backprop.ui.step.step_bindings import STEP_BINDINGS
from tui_backprop.ui.step.step_help import STEP_NOTES
from tui_backprop.ui.step.step_panes import cell_at_cursor
from tui_backprop.ui.step.step_texts import (
    NO_TRAINING,
    commit_obstacle,
    iteration_title,
    leaf_text,
)
from tui_backprop.walkthrough.glossary import glossary
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.user import user_of


class StepScreen(JumpScreen):
    """Walks a traced minibatch. Leaving it changes nothing; w applies exactly what it shows.

    One screen serves every minibatch: `show_traced` is called before it is opened too.
    """

    BINDINGS = STEP_BINDINGS
    # Apart, so that the first frame need not read it.
    CSS_PATH = "step.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._leaving = False
        self._traced: Traced | None = None
        self.checks = GradientChecks(
            self._arrays.check, self._status.say, self._ask, self._make_room_for_check
        )

    def help_notes(self) -> str:
        """Return what the help says under the keys: of the signs, and what this step shows."""
        entries = glossary(self._tape, self._path.place.step)
        return "\n".join([STEP_NOTES, *(f"{entry.term}: {entry.meaning}" for entry in entries)])

    def show_traced(self, traced: Traced, *, anew: bool) -> None:
        """Show a minibatch at the operation last looked at; `anew` when the screen is opened."""
        self._traced = traced
        self.checks.begin(traced)
        self.take(traced.tape, iteration_title(traced), anew=anew)
        if traced.stopped is not None and not anew:
            self._status.say(f"not committed: {commit_obstacle(traced)}")

    def show_tape(self, tape: Tape, name: str) -> None:
        """Show a tape of that name that no run is behind: nothing is checked, nothing committed."""
        self.checks.begin_tape(tape, name)
        self.take(tape, name, anew=True)

    def show_ended(self, reason: str) -> None:
        """Show that the training process is gone, and nothing will be committed or checked."""
        self._status.say(f"{reason}: Esc leaves, then g goes back")
        self._leaving = True

    def _show_status(self) -> None:
        super()._show_status()
        # Whoever goes on is not about to leave.
        self._leaving = False

    def action_words(self) -> None:
        """Say more, nothing, or a few words about the cell."""
        length = self._arrays.words.take_next_length()
        # The arrays have other room now.
        self._show()
        self._status.say(f"words: {length}")

    def action_zoom(self) -> None:
        """Give what is looked at all the room: a matrix, a derivation, a check."""
        self._show_status()
        self._panes.zoom(self._focused_matrix)

    def action_picture(self) -> None:
        """On a small terminal, show the sample instead of the arrays, or the arrays again."""
        if can_show_sample(self._tape):
            self._panes.toggle_sample()
        else:
            self._status.say("no sample to show: the tape has no picture and no prediction of one")

    def action_explain(self) -> None:
        """Open the derivation of the cell under the cursor of the focused matrix."""
        self._explain(self._focused_matrix or self._arrays.result)

    def _explain(self, view: MatrixView) -> None:
        if view.has_focus:
            self._path.focus(cell_at_cursor(view))
        if (named := view.named) is None:
            return
        if view is self._arrays.result:
            if reason := self._underived(self._path.place.step, view.index):
                self._status.say(reason)
                return
            self._path.open_derivation(view.index)
        elif named.step is not None:
            self._jump(named.step, view.index)
            return
        else:
            self._status.say(leaf_text(named.label, view.index, named))
            return
        self._show()

    def action_back(self) -> None:
        """Return to where the last jump started."""
        if self._path.before:
            self._path.back()
            self._show()
        else:
            self._status.say("no jump to return from")

    def action_check(self) -> None:
        """Check the gradient under the result's cursor by central differences."""
        key = self._tape.parameter_of_gradient(self._path.place.step)
        self.checks.check_cell(key, self._arrays.result.index)

    def action_step_size(self) -> None:
        """Take the next step size for the gradient check."""
        self.checks.take_next_step_size()

    def action_check_net(self) -> None:
        """Check every gradient of the net."""
        self.checks.check_net()

    def _make_room_for_check(self) -> None:
        self._show_status()
        self._path.close_derivation()
        self._panes.make_room_for_check()

    def action_export(self) -> None:
        """Write the tape as Markdown, with the check of all gradients."""
        self.checks.export()

    def action_commit(self) -> None:
        """Apply the update that is shown, and go to the next minibatch."""
        if self.checks.exporting:
            self._status.say("w waits: the walkthrough is being written")
        elif self._traced is None:
            self._status.say(NO_TRAINING)
        elif obstacle := commit_obstacle(self._traced):
            self._status.say(f"not committed: {obstacle}")
        else:
            self._ask(CommitTrace(self._traced.iteration))

    def action_leave(self) -> None:
        """Close one thing that is open and say so; with none, ask first, and leave then."""
        if self._panes.showing_sample:
            self._panes.show_arrays()
            self._status.say("the arrays again")
        elif self._arrays.explaining:
            closed = "check closed" if self._arrays.checking else "derivation closed"
            self._path.close_derivation()
            self._show()
            stays = self._arrays.derivation.display
            self._status.say("the arrows walk the tape again" if stays else closed)
        elif self._arrays.zoomed:
            self._arrays.leave_zoom()
            self._status.say("all arrays again")
        elif self.focused is not None:
            self.set_focus(None)
            self._status.say("the arrows walk the tape again")
        elif self._player.playing:
            self._player.stop()
            self._show_status()
            self._status.say("stopped")
        elif not self._leaving:
            self._leaving = True
            self._status.say("Esc again leaves the step screen; nothing is changed by it")
        else:
            self._ask(DropCheck())
            self.dismiss()

    def _ask(self, command: Command) -> None:
        self.post_message(CommandRequested(command))

    @on(MatrixView.CellChosen)
    def _choose_cell(self, event: MatrixView.CellChosen) -> None:
        view = event.view
        if view.named is not event.named:
            return
        if view.has_focus:
            self._path.focus(cell_at_cursor(view))
        if view is self._arrays.result:
            self._path.select(event.index)
            self._choose_sample_of(view)
        else:
            self._move_subject_to_user_of(view)
        if event.opened:
            self._explain(view)
        else:
            self._panes.show(self._path.place)
            self._show_status()

    def _move_subject_to_user_of(self, view: MatrixView) -> None:
        """Make a cell the subject that is made of the operand's cell under the cursor."""
        named, tape = view.named, self._tape
        if named is None:
            return
        self._choose_sample_of(view)
        user = user_of(tape, self._path.place.step, named.symbol, view.index, self._panes.subject)
        if user is not None:
            self._path.select(user)

    def _choose_sample_of(self, view: MatrixView) -> None:
        if view.named is not None and self._tape.is_by_sample(view.named):
            self._panes.choose_sample(view.index[0])

    @on(DerivationView.TermChosen)
    def _follow_term(self) -> None:
        choice = self._arrays.derivation.choice
        if not self._path.place.deriving:
            # A click on what stands beside the result anyway.
            self._path.open_derivation(self._panes.subject)
            self._path.choose(choice)
            self._show()
            return
        self._path.choose(choice)
        self._arrays.follow_chosen_term(self._path.step)
        self._show_status()

    @on(DerivationView.SourceRequested)
    def _jump_to_source(self, event: DerivationView.SourceRequested) -> None:
        operand = event.operand
        if operand.source is None:
            named = self._path.step.input(operand.symbol)
            self._status.say(leaf_text(operand.label, operand.index, named))
            return
        self._path.choose(self._arrays.derivation.choice)
        self._jump(operand.source.step, operand.source.index)
