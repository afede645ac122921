"""What walks a tape on the screen: by the arrows, by itself, by a word that is typed."""

from collections.abc import Callable, Iterable
from functools import partial

from textual import on
from textual.app import ComposeResult

from tui_backprop.ui.painting.key_line import KeyLine
from tui_backprop.ui.painting.pane_screen import PaneScreen
from tui_backprop.ui.step.go_to_screen import GoToScreen
from tui_backprop.ui.step.matrix_view import MatrixView
from tui_backprop.ui.step.plane import CHANNEL, PICTURE
from tui_backprop.ui.step.player import Player
from tui_backprop.ui.step.step_panes import StepPanes, cell_at_cursor
from tui_backprop.ui.step.step_path import StepPath
from tui_backprop.ui.step.step_status import StepStatus
from tui_backprop.ui.step.step_texts import NO_SAMPLES, playing_text, step_text
from tui_backprop.ui.step.tape_bar import TapeBar, step_name
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.target import Target, find_target, target_words


class TapeScreen(PaneScreen):
    """Shows a place on the tape of a minibatch in every pane, and goes to others."""

    _tape: Tape
    _title: str
    _path: StepPath

    def __init__(self) -> None:
        super().__init__(id="step-screen")
        self._status = StepStatus()
        self._tape_bar = TapeBar()
        self._panes = StepPanes()
        self._arrays = self._panes.arrays
        self._player = Player(self, self._play_on)
        self._had_pictures = False

    def compose(self) -> ComposeResult:
        """Lay out the tape over the arrays and the sample."""
        self.fit_to_width()
        yield self._status
        yield self._tape_bar
        yield self._panes
        yield KeyLine()

    def take(self, tape: Tape, title: str, *, anew: bool) -> None:
        """Show a minibatch at the operation last looked at; `anew` when the screen is opened."""
        if anew:
            self.fit_to_width()
        self._tape, self._title, self._path = tape, title, StepPath(tape, self._last_step)
        self._panes.begin(tape, anew=anew)
        self._show()

    @property
    def _last_step(self) -> int:
        """The operation last looked at, the first one before that."""
        return self._path.place.step if hasattr(self, "_path") else 1

    @property
    def _focused_matrix(self) -> MatrixView | None:
        return self.focused if isinstance(self.focused, MatrixView) else None

    def _show(self) -> None:
        """Show the place on the tape in every pane."""
        self._tape_bar.show(self._tape, self._path.place.step)
        self.set_focus(self._panes.show(self._path.place))
        self._show_status()
        has_pictures = self._arrays.view_of_planes is not None
        if has_pictures is not self._had_pictures:
            self._had_pictures = has_pictures
            self.refresh_bindings()

    def _show_status(self) -> None:
        if self._player.playing:
            text = playing_text(self._player.speed)
        elif (view := self._focused_matrix) is not None:
            text = view.reading(self.size.width - 2)
        else:
            text = step_text(self._tape, self._path, self._panes.sample)
        self._status.show(self._title, text)

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the keys of pictures where there are none."""
        if action in ("channel", "pictures"):
            return self.is_mounted and self._arrays.view_of_planes is not None
        return super().check_action(action, parameters)

    def action_channel(self, change: int) -> None:
        """Look at another channel of the focused matrix, or without one of the first that has."""
        view = self._focused_matrix or self._arrays.view_of_planes
        if view is not None:
            view.move_plane(CHANNEL, change)

    def action_pictures(self) -> None:
        """Show all pictures as tints, or as numbers again."""
        as_tints = self._arrays.show_pictures()
        # The arrays need other room now.
        self._show()
        self._status.say("pictures as tints" if as_tints else "pictures as numbers")

    def action_sample(self, change: int) -> None:
        """Look at another sample, or in filters that have the focus at another filter."""
        view = self._focused_matrix
        if view is not None and len(view.index) == -PICTURE:
            view.move_plane(PICTURE, change)
            return
        if not self._tape.sample_count:
            self._status.say(NO_SAMPLES)
            return
        self._take_sample(change)
        if self._path.place.deriving:
            self._show_status()
        else:
            self._show()

    def _take_sample(self, change: int) -> None:
        self._panes.take_sample(change)
        if not self._path.place.deriving and self._tape.is_by_sample(self._path.step.output):
            self._path.select((self._panes.sample, *self._panes.subject[1:]))

    def action_ask_where(self) -> None:
        """Ask for an operation, a cell or a sample, and go there."""
        self.app.push_screen(GoToScreen(target_words(self._tape)), self._go_to)

    def _go_to(self, text: str | None) -> None:
        if not text:
            return
        try:
            target = find_target(self._tape, text)
        except ValueError as error:
            self._status.say(str(error))
            return
        self._arrive(target)

    def _arrive(self, target: Target) -> None:
        if target.step is not None:
            self._path.move_to(target.step)
        if target.cell is not None:
            self._path.select(target.cell)
        if target.sample is not None:
            self._take_sample(target.sample - self._panes.sample)
        self._show()

    def places(self) -> Iterable[tuple[str, str, Callable[[], None]]]:
        """Return every operation of the tape."""
        for step in self._tape:
            name = f"{step.number} {step_name(step)}"
            help_text = f"{step.title}: {step.formula}"
            yield name, help_text, partial(self._arrive, Target(step.number))

    @on(TapeBar.MarkClicked)
    def _go_to_mark(self, event: TapeBar.MarkClicked) -> None:
        self._path.move_to(event.step)
        self._show()
