"""`tui-backprop step`: the walkthrough of one minibatch as a handout, Markdown or HTML."""

from pathlib import Path
from typing import Any, NoReturn

import click

from tui_backprop.cli.at_option import at_options, trainer_for
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.interruption import uninterrupted
from tui_backprop.cli.options import (
    GroupedCommand,
    hyperparameter_options,
    hyperparameters_from,
)
from tui_backprop.datasets import DatasetError
from tui_backprop.printable import printable
from tui_backprop.settings.command_line import settings_as_given, step_command
from tui_backprop.training.memory import NotEnoughMemoryError


@click.command(cls=GroupedCommand, short_help="Write a minibatch's walkthrough as a handout.")
@hyperparameter_options
@blas_option
@at_options
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, replaced if it exists: HTML if it ends in .html, else Markdown; "
    "without it, standard output.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    metavar="K",
    help="Sample of the minibatch, counted from 0, of which the cells are taken.  "
    "[default: the one the net gets most wrong]",
)
@click.pass_context
def step(
    ctx: click.Context,
    /,
    run_id: str | None,
    runs_dir: str | None,
    iteration: int,
    sample: int | None,
    output: Path | None,
    **values: Any,
) -> None:
    """Write one minibatch's forward and backward pass, operation by operation, as a handout.

    Every operation comes with its formula, shapes and arrays, one cell explained in words and
    worked out in full, and at the end the gradient check. With RUN, the id of a stored run, that
    run's iteration is made again, exactly, from its checkpoint or its start.
    """
    try:
        if output is not None:
            check_writable(output)
        trainer, run = trainer_for(ctx, hyperparameters_from(values), run_id, runs_dir, iteration)
    except (DatasetError, NotEnoughMemoryError) as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(2)
    except OSError as error:
        refuse_output(ctx, output, error)
    from tui_backprop.walkthrough.full_check import check_all
    from tui_backprop.walkthrough.trace import trace
    from tui_backprop.walkthrough.transcript import (
        Provenance,
        html_transcript,
        markdown_transcript,
    )

    batch = trainer.next_minibatch()
    if sample is not None and sample >= len(batch.x):
        raise click.BadParameter(
            f"{sample}: must be at most {len(batch.x) - 1}, the last of the minibatch.",
            param_hint="'--sample'",
        )
    tape = trace(trainer.net, trainer.optimizer, batch.x, batch.t, trainer.next_pass)
    provenance = Provenance(
        iteration,
        trainer.dataset.name,
        trainer.net_title,
        settings_as_given(trainer.hyperparameters),
        step_command(trainer.hyperparameters, iteration, run=run, sample=sample),
        run=run,
        class_names=trainer.dataset.class_names,
    )
    checked = check_all(trainer.net, batch.x, batch.t, mode=trainer.next_pass)
    is_html = output is not None and output.suffix.lower() in (".html", ".htm")
    write = html_transcript if is_html else markdown_transcript
    lines = write(tape, checked, provenance, sample)
    text = "".join(f"{line}\n" for line in lines)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with uninterrupted():
            output.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse_output(ctx, output, error)


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
