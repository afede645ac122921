"""A tape's file, opened on the step screen, or written as a handout."""

import sys
from pathlib import Path

import click

from tui_backprop.cli.handout import TAPE_SUFFIX, check_sample, write_output
from tui_backprop.cli.interruption import leave_at_once_on_signals
from tui_backprop.cli.options import given_parameters, given_settings
from tui_backprop.cli.run_options import fail
from tui_backprop.cli.terminal import require_terminal

_OF_A_RUN = ("iteration", "runs_dir")


def tape_file(name: str | None) -> Path | None:
    """Return the tape's file that is meant, None where it is a run or nothing."""
    path = None if name is None else Path(name)
    if path is None or path.suffix.lower() != TAPE_SUFFIX:
        return None
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


def open_tape(
    ctx: click.Context, file: Path, output: Path | None, sample: int | None, theme: str
) -> None:
    """Show a tape on the step screen; with an output, or one that is no terminal, write it."""
    of_a_run = [param for param in given_parameters(ctx) if param.name in _OF_A_RUN]
    if given := [param.opts[0] for param in (*given_settings(ctx), *of_a_run)]:
        raise click.UsageError(f"{', '.join(given)}: a tape is of one iteration, and has it all.")
    from tui_backprop.tape_file import TapeFileError, load_tape

    try:
        tape = load_tape(file)
    except TapeFileError as error:
        raise fail(error) from error
    check_sample(sample, tape.sample_count)
    shown = output is None and sys.stdout is not None and sys.stdout.isatty()
    if not shown:
        write_output(ctx, tape, output, sample=sample)
        return
    require_terminal("--output writes it as a handout")
    from tui_backprop.ui.tape_app import show_tape

    try:
        status = show_tape(tape, file.name, theme)
    finally:
        # The app has given the signals back to Python.
        leave_at_once_on_signals()
    ctx.exit(status)
