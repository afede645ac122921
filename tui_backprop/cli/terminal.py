"""What the app asks of the terminal, before it takes it."""

import os
import sys

import click


def has_terminal() -> bool:
    """Whether there is a keyboard, and a screen: the app is shown on standard error.

    Textual's own driver for something else than a terminal, as a browser, brings both.
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    # A stream that was closed before the program began is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def refuse_dumb_terminal(instead: str) -> None:
    """Refuse a terminal that cannot place text, and say what can be done `instead`.

    Raises:
        UsageError: TERM says so.
    """
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError(f"TERM=dumb: this terminal cannot show the app; {instead}.")
