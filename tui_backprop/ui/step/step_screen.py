"""The step screen: one minibatch, operation by operation, both ways."""

from textual import on
from textual.app import ComposeResult

from tui_backprop.session.messages import Command
from tui_backprop.session.walkthrough_messages import (
    CommitTrace,
    DropCheck,
    Traced,
)
from tui_backprop.ui.messages import CommandRequested
from tui_backprop.ui.painting.key_line import KeyLine
from tui_backprop.ui.painting.pane_screen import PaneScreen
from tui_backprop.ui.step.derivation_view import DerivationView
from tui_backprop.ui.step.go_to_screen import GoToScreen
from tui_backprop.ui.step.gradient_checks import GradientChecks
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.player import Player
from tui_backprop.ui.step.sheet_screen import SheetScreen
from tui_backprop.ui.step.sheets import graph_lines, path_lines, sample_lines
from tui_backprop.ui.step.step_bindings import STEP_BINDINGS
from tui_backprop.ui.step.step_help import STEP_NOTES
from tui_backprop.ui.step.step_panes import StepPanes, cell_at_cursor
from tui_backprop.ui.step.step_path import StepPath
from tui_backprop.ui.step.step_status import StepStatus
from tui_backprop.ui.step.step_texts import commit_obstacle, leaf_text, playing_text, step_text
from tui_backprop.ui.step.tape_bar import TapeBar
from tui_backprop.walkthrough.derivation import Cell
from tui_backprop.walkthrough.glossary import glossary
from tui_backprop.walkthrough.path import gradient_of
from tui_backprop.walkthrough.subject import user_of
from tui_backprop.walkthrough.target import find_target, target_words


class StepScreen(PaneScreen):
    """Walks a traced minibatch. Leaving it changes nothing; w applies exactly what it shows.

    One screen serves every minibatch: `show_traced` is called before it is opened too.
    """

    BINDINGS = STEP_BINDINGS

    _traced: Traced
    _path: StepPath

    def __init__(self) -> None:
        super().__init__(id="step-screen")
        self._status = StepStatus()
        self._tape_bar = TapeBar()
        self._panes = StepPanes()
        self._arrays = self._panes.arrays
        self._player = Player(self, self._play_on)
        self.checks = GradientChecks(
            self._arrays.check, self._status.say, self._ask, self._make_room_for_check
        )

    def compose(self) -> ComposeResult:
        """Lay out the tape over the arrays and the sample."""
        self.fit_to_width()
        yield self._status
        yield self._tape_bar
        yield self._panes
        yield KeyLine()

    def help_notes(self) -> str:
        """Return what the help says under the keys: of the signs, and what this step shows."""
        entries = glossary(self._traced.tape, self._path.place.step)
        return "\n".join([STEP_NOTES, *(f"{entry.term}: {entry.meaning}" for entry in entries)])

    def show_traced(self, traced: Traced, *, anew: bool) -> None:
        """Show a minibatch at the operation last looked at; `anew` when the screen is opened."""
        if anew:
            self.fit_to_width()
        self._traced, self._path = traced, StepPath(traced.tape, self._last_step)
        self._panes.begin(traced, anew=anew)
        self.checks.begin(traced)
        self._show()
        if traced.stopped is not None and not anew:
            self._status.say(f"not committed: {commit_obstacle(traced)}")

    def show_ended(self, reason: str) -> None:
        """Show that the training process is gone, and nothing will be committed or checked."""
        self._status.say(f"{reason}: Esc leaves, then g goes back")

    @property
    def _last_step(self) -> int:
        """The operation last looked at, the first one before that."""
        return self._path.place.step if hasattr(self, "_path") else 1

    @property
    def _focused_matrix(self) -> MatrixView | None:
        return self.focused if isinstance(self.focused, MatrixView) else None

    def _show(self) -> None:
        """Show the place on the tape in every pane."""
        self._tape_bar.show(self._traced.tape, self._path.place.step)
        self.set_focus(self._panes.show(self._path.place))
        self._show_status()

    def _show_status(self) -> None:
        if self._player.playing:
            text = playing_text(self._player.speed)
        elif (view := self._focused_matrix) is not None:
            text = view.reading(self.size.width - 2)
        else:
            text = step_text(self._traced, self._path, self._panes.sample)
        self._status.show(self._traced, text)

    def watch_focused(self) -> None:
        """Note which matrix the arrows move in."""
        if not self.is_mounted:
            return
        if not self._path.place.deriving:
            self._path.focus(cell_at_cursor(self._focused_matrix))
        self._show_status()

    def action_step(self, steps: int) -> None:
        """Go some operations on or back, at most to the tape's ends."""
        self._path.move_by(steps)
        self._show()

    def action_phase(self, direction: int) -> None:
        """Go one phase on or back."""
        self._path.move_by_phase(direction)
        self._show()

    def action_play(self) -> None:
        """Play the tape from here, or stop playing."""
        if self._player.playing:
            self._player.stop()
        else:
            if self._path.at_end:
                self._path.move_to(1)
            self._player.play()
        self._show()

    def action_speed(self, change: int) -> None:
        """Play faster or slower."""
        self._player.change_speed(change)
        self._show_status()
        if not self._player.playing:
            self._status.say(f"space plays, at {self._player.speed:g}/s")

    def _play_on(self) -> None:
        self._path.move_by(1)
        if self._path.at_end:
            self._player.stop()
        self._show()

    def action_sample(self, change: int) -> None:
        """Look at another sample."""
        self._panes.take_sample(change)
        if not self._path.place.deriving:
            step, subject = self._path.step, self._panes.subject
            if self._traced.tape.is_by_sample(step.output):
                self._path.select((self._panes.sample, *subject[1:]))
            self._show()
        self._show_status()

    def action_ask_where(self) -> None:
        """Ask for an operation, a cell or a sample, and go there."""
        self.app.push_screen(GoToScreen(target_words(self._traced.tape)), self._go_to)

    def _go_to(self, text: str | None) -> None:
        if not text:
            return
        try:
            target = find_target(self._traced.tape, text)
        except ValueError as error:
            self._status.say(str(error))
            return
        if target.step is not None:
            self._path.move_to(target.step)
        if target.cell is not None:
            self._path.select(target.cell)
        if target.sample is not None:
            self.action_sample(target.sample - self._panes.sample)
        self._show()

    def action_path(self) -> None:
        """Show the path from the loss to the subject's gradient, or say that there is none."""
        tape, output = self._traced.tape, self._path.step.output
        cell = Cell(self._path.place.step, self._panes.subject)
        try:
            if output.label.endswith("′"):
                cell = gradient_of(tape, output.label, cell.index)
            lines = path_lines(tape, cell)
        except (KeyError, ValueError):
            self._status.say(f"p shows the path to a gradient; {output.label} is none")
        else:
            self.app.push_screen(SheetScreen("From the loss to here", lines))

    def action_one_sample(self) -> None:
        """Show the subject's sample alone, on its way through the net and back."""
        sample = self._panes.sample
        lines = sample_lines(self._traced.tape, sample)
        self.app.push_screen(SheetScreen(f"Sample {sample} alone", lines))

    def action_graph(self) -> None:
        """Show the net as a graph, with the sizes of the subject's sample."""
        sample = self._panes.sample
        lines = graph_lines(self._traced.tape, self._path.place.step, sample)
        self.app.push_screen(SheetScreen(f"The net, and sample {sample} in it", lines))

    def action_words(self) -> None:
        """Say more, nothing, or a few words about the cell."""
        length = self._arrays.words.take_next_length()
        self._status.say(f"words: {length}")

    def action_zoom(self) -> None:
        """Give what is looked at all the room: a matrix, a derivation, a check."""
        self._show_status()
        self._panes.zoom(self._focused_matrix)

    def action_picture(self) -> None:
        """On a small terminal, show the sample instead of the arrays, or the arrays again."""
        self._panes.toggle_sample()

    def action_explain(self) -> None:
        """Open the derivation of the cell under the cursor of the focused matrix."""
        self._explain(self._focused_matrix or self._arrays.result)

    def _explain(self, view: MatrixView) -> None:
        if view.has_focus:
            self._path.focus(cell_at_cursor(self._focused_matrix))
        if (named := view.named) is None:
            return
        if view is self._arrays.result:
            self._path.open_derivation(view.index)
        elif named.step is not None:
            self._path.jump(named.step, view.index)
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
        key = self._traced.tape.parameter_of_gradient(self._path.place.step)
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
        elif obstacle := commit_obstacle(self._traced):
            self._status.say(f"not committed: {obstacle}")
        else:
            self._ask(CommitTrace(self._traced.iteration))

    def action_leave(self) -> None:
        """Close what is open, give the arrows back to the tape, or leave."""
        if self._panes.showing_sample:
            self._panes.show_arrays()
        elif self._arrays.explaining:
            self._path.close_derivation()
            self._show()
        elif self.focused is not None or self._arrays.zoomed:
            self._arrays.leave_zoom()
            self.set_focus(None)
        else:
            self._player.stop()
            self._ask(DropCheck())
            self.dismiss()

    def _ask(self, command: Command) -> None:
        self.post_message(CommandRequested(command))

    @on(TapeBar.MarkClicked)
    def _go_to_mark(self, event: TapeBar.MarkClicked) -> None:
        self._path.move_to(event.step)
        self._show()

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
        named, tape = view.named, self._traced.tape
        if named is None:
            return
        self._choose_sample_of(view)
        user = user_of(tape, self._path.place.step, named.symbol, view.index, self._panes.subject)
        if user is not None:
            self._path.select(user)

    def _choose_sample_of(self, view: MatrixView) -> None:
        if view.named is not None and self._traced.tape.is_by_sample(view.named):
            self._panes.choose_sample(view.index[0])

    @on(DerivationView.TermChosen)
    def _follow_term(self) -> None:
        self._path.choose(self._arrays.derivation.choice)
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
        self._path.jump(operand.source.step, operand.source.index)
        self._show()
