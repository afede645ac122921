"""The command line. Importing it loads neither NumPy nor Textual: commands load what they need."""

from tui_backprop.cli.main import main

__all__ = ["main"]
