"""Asks for gradient checks, shows what comes of them, and writes the walkthrough with them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tui_backprop.nn.operation import Index
from tui_backprop.nn.words import cell_name
from tui_backprop.session.messages import Command
from tui_backprop.session.walkthrough_messages import CheckCell, CheckNet, Traced
from tui_backprop.ui.step.check_view import CheckView
from tui_backprop.ui.step.step_texts import NO_CHECK
from tui_backprop.ui.step.transcript_file import write_tape, write_walkthrough
from tui_backprop.walkthrough.full_check import NetCheck
from tui_backprop.walkthrough.gradient_check import DEFAULT_STEP, CellCheck
from tui_backprop.walkthrough.tape import Tape


class GradientChecks:
    """The checks of one traced minibatch after the other.

    Args:
        view: where the check that was asked for last is shown.
        say: takes a line of news.
        ask: sends a command to the training process.
        make_room: brings the view into sight.
    """

    _traced: Traced | None = None
    _tape: Tape
    _name = ""
    _whole_net: NetCheck | None = None

    def __init__(
        self,
        view: CheckView,
        say: Callable[[str], None],
        ask: Callable[[Command], None],
        make_room: Callable[[], None],
    ) -> None:
        self._view = view
        self._say = say
        self._ask = ask
        self._make_room = make_room
        self._showing_whole_net = self.exporting = False

    def begin(self, traced: Traced) -> None:
        """Go on with another minibatch."""
        self._traced = traced
        self._whole_net = None
        self._showing_whole_net = self.exporting = False

    def begin_tape(self, tape: Tape, name: str) -> None:
        """Go on with a tape that there is no net to be checked of."""
        self._tape, self._name = tape, name
        self._traced = None

    def check_cell(self, key: str | None, index: Index) -> None:
        """Ask for the check of one entry of a parameter's gradient, if that is what is shown."""
        if self._traced is None:
            self._say(NO_CHECK)
            return
        if key is None:
            self._say("c checks a dW or db: go to a step that makes one")
            return
        self._make_room()
        self._showing_whole_net = False
        self._view.show_waiting(cell_name(f"d{key}", index))
        self._ask(CheckCell(key, index))

    def check_net(self) -> None:
        """Ask for the check of every gradient."""
        if self._traced is None:
            self._say(NO_CHECK)
            return
        self._make_room()
        self._showing_whole_net = True
        self._view.show_waiting("Every gradient")
        self._ask(CheckNet(self._view.h))

    def take_next_step_size(self) -> None:
        """Take the next h, and check every gradient at it if that is what is shown."""
        if self._traced is None:
            self._say(NO_CHECK)
            return
        self._view.take_next_step_size()
        if self._showing_whole_net:
            self.check_net()
        if not self._view.is_in_sight:
            self._say(f"h = {self._view.h:g} for the next check")

    def show_cell(self, checks: tuple[CellCheck, ...]) -> None:
        """Show the check of an entry, unless another has been asked for since."""
        if not self._showing_whole_net:
            self._view.show_cell(checks)

    def show_net(self, check: NetCheck) -> None:
        """Show how far the check of every gradient has come; write the walkthrough if it waits."""
        self._whole_net = check
        if self._showing_whole_net:
            self._view.show_net(check)
        if self.exporting and not check.finished:
            self._say(f"checking gradients to write: {check.done:,} of {check.total:,}")
        elif self.exporting and self._traced is not None:
            self._write(partial(write_walkthrough, self._traced, check))

    def export(self) -> None:
        """Write the walkthrough, once every gradient is checked; of a tape alone, at once."""
        if self._traced is None:
            self._write(partial(write_tape, self._tape, self._name))
        elif self._whole_net is not None and self._whole_net.finished:
            self._write(partial(write_walkthrough, self._traced, self._whole_net))
        elif not self.exporting:
            self.exporting = True
            self._say("checking gradients to write …")
            self._ask(CheckNet(DEFAULT_STEP))

    def _write(self, write: Callable[[Path], Path]) -> None:
        self.exporting = False
        folder = Path.cwd()
        try:
            path = write(folder)
        except OSError as error:
            self._say(f"not written, {error.strerror}: {folder}")
        else:
            self._say(f"{path.name} written in {folder}")
