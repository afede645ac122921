"""Where a handout or a tape is written to, and how: a file, or standard output."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from tui_backprop.cli.interruption import uninterrupted
from tui_backprop.printable import printable

if TYPE_CHECKING:
    from tui_backprop.walkthrough.full_check import NetCheck
    from tui_backprop.walkthrough.tape import Tape
    from tui_backprop.walkthrough.transcript import Provenance

TAPE_SUFFIX = ".tape"


def write_output(
    ctx: click.Context,
    tape: "Tape",
    output: Path | None,
    *,
    check: "NetCheck | None" = None,
    provenance: "Provenance | None" = None,
    sample: int | None = None,
) -> None:
    """Write a tape as what the output's name says: a page, a tape's file, or else Markdown."""
    suffix = "" if output is None else output.suffix.lower()
    if output is not None and suffix == TAPE_SUFFIX:
        _save(output, tape)
        return
    from tui_backprop.walkthrough.transcript import html_transcript, markdown_transcript

    write = html_transcript if suffix in (".html", ".htm") else markdown_transcript
    _write_lines(ctx, write(tape, check, provenance, sample), output)


def check_sample(sample: int | None, count: int) -> None:
    """Refuse a sample that a minibatch of so many has not.

    Raises:
        BadParameter: naming what may be given.
    """
    if sample is None or sample < count:
        return
    last = f"must be at most {count - 1}, the last of the minibatch"
    allowed = last if count else "the tape says nothing of samples"
    raise click.BadParameter(f"{sample}: {allowed}.", param_hint="'--sample'")


def check_writable(file: Path) -> None:
    """Raise OSError unless the file can be written: better now than after the training."""
    file = file.resolve()
    is_new = not file.exists()
    file.open("ab").close()
    if is_new:
        file.unlink()


def refuse_output(ctx: click.Context, output: Path | None, error: OSError) -> NoReturn:
    """Say why the output cannot be written, and end the command."""
    reason = error.strerror or type(error).__name__
    click.echo(f"Error: --output {printable(output)}: {reason}", err=True)
    ctx.exit(2)


def _write_lines(ctx: click.Context, lines: Iterator[str], output: Path | None) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with uninterrupted():
            output.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse_output(ctx, output, error)


def _save(output: Path, tape: "Tape") -> None:
    from tui_backprop.cli.run_options import fail
    from tui_backprop.tape_file import TapeFileError, save_tape

    try:
        with uninterrupted():
            save_tape(tape, output)
    except TapeFileError as error:
        raise fail(error) from error
