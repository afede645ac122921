"""What the app asks of the terminal, before it takes it."""

import os
import sys

import click

from tui_backprop.cli.run_options import Failure


def has_terminal() -> bool:
    """Whether there is a keyboard, and a screen: the app is shown on standard error.

    Textual's own driver for something else than a terminal, as a browser, brings both.
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    # A stream that was closed before the program began is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def require_terminal(instead: str) -> None:
    """Refuse to open the app where it cannot be shown, and say what can be done `instead`.

    Raises:
        Failure: there is no keyboard or no screen.
        UsageError: TERM says that the terminal cannot place text.
    """
    if not has_terminal():
        raise Failure(f"no terminal on standard input and standard error; {instead}.")
    refuse_dumb_terminal(instead)


def refuse_dumb_terminal(instead: str) -> None:
    """Refuse a terminal that cannot place text, and say what can be done `instead`.

    Raises:
        UsageError: TERM says so.
    """
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError(f"TERM=dumb: this terminal cannot show the app; {instead}.")


def read_keys_from_terminal() -> int:
    """Let the terminal's keyboard take the place of standard input; return what that was.

    Raises:
        ClickException: there is no terminal, or no screen on standard error.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        raise click.ClickException("no terminal on standard error to show the app on")
    try:
        keyboard = os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError as error:
        raise click.ClickException(f"no terminal to read keys from: {error.strerror}") from error
    piped = os.dup(0)
    os.dup2(keyboard, 0)
    os.close(keyboard)
    return piped
