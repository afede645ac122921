"""Tapes in files: see README.md here."""

from tui_backprop.tape_file.errors import TapeFileError
from tui_backprop.tape_file.files import load_tape, save_tape

__all__ = ["TapeFileError", "load_tape", "save_tape"]
