"""A tape of somebody's model, with what a person does with it."""

from dataclasses import dataclass
from pathlib import Path

from tui_backprop.tape_file import save_tape
from tui_backprop.walkthrough.disagreement import compared
from tui_backprop.walkthrough.tape import Tape


@dataclass(frozen=True, eq=False)
class TorchTape(Tape):
    """The tape that `trace` returns.

    `left_out` says what is not on it, empty where all is; `note` in what the iteration that the
    optimizer itself makes may differ, empty where in nothing.
    """

    left_out: str = ""
    note: str = ""

    def show(self) -> None:
        """Open the step screen on it, with the first step marked that its derivation denies.

        Raises:
            NoTerminalError: there is no terminal to show it on.
        """
        from tui_backprop.ui.tape_app import show_tape

        show_tape(compared(self), "PyTorch")

    def save(self, path: Path | str) -> None:
        """Write it to a file, which `tui-backprop step FILE` opens on any machine.

        Raises:
            TapeFileError: it cannot be written.
        """
        save_tape(compared(self), path)
