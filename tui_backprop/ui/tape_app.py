"""An app that shows a tape: of a file, of a student's own net, of somebody's model."""

import os
import sys

from tui_backprop.ui.program_app import ProgramApp
from tui_backprop.ui.step.step_events import mount_step_screen
from tui_backprop.walkthrough.tape import Tape


class NoTerminalError(RuntimeError):
    """There is no keyboard or no screen to show a tape on; the message says what there is not."""


class TapeApp(ProgramApp):
    """The step screen on a tape that no run is behind; leaving the screen leaves the app.

    Args:
        tape: what is walked.
        name: of the tape, as it is shown.
        theme: the name of the colours to begin with.
    """

    def __init__(self, tape: Tape, name: str, theme: str = "textual-dark") -> None:
        super().__init__(theme)
        self._tape = tape
        self._tape_name = name

    def on_mount(self) -> None:
        """Open the step screen."""
        screen = mount_step_screen(self)
        screen.show_tape(self._tape, self._tape_name)
        self.push_screen(screen, self._leave_with)

    def _leave_with(self, _: object) -> None:
        self.exit(return_code=0)


def show_tape(tape: Tape, name: str, theme: str = "textual-dark") -> int:
    """Open a tape on the step screen; return the exit status once it is left.

    Args:
        tape: what is walked; `disagreement.compared` has marked it where it is of other code.
        name: of the tape, as it is shown.
        theme: the name of the colours, one of Textual's.

    Raises:
        NoTerminalError: standard input or standard error is no terminal, or one that is too dumb.
    """
    if not os.environ.get("TEXTUAL_DRIVER"):
        streams = (sys.stdin, sys.stderr)
        if not all(stream is not None and stream.isatty() for stream in streams):
            raise NoTerminalError("no terminal on standard input and standard error")
        if os.environ.get("TERM") == "dumb":
            raise NoTerminalError("TERM=dumb: this terminal cannot show the app")
    app = TapeApp(tape, name, theme)
    app.run()
    return 1 if app.return_code is None else app.return_code
