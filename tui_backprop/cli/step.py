"""`tui-backprop step`: the walkthrough of one minibatch, as a handout or from a tape's file."""

from pathlib import Path
from typing import Any

import click

from tui_backprop.cli.at_option import at_options, trainer_for
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.handout import (
    TAPE_SUFFIX,
    check_sample,
    check_writable,
    refuse_output,
    write_output,
)
from tui_backprop.cli.open_tape import open_tape, tape_file
from tui_backprop.cli.options import (
    GroupedCommand,
    hyperparameter_options,
    hyperparameters_from,
)
from tui_backprop.cli.theme_option import theme_option
from tui_backprop.datasets import DatasetError
from tui_backprop.settings.command_line import settings_as_given, step_command
from tui_backprop.training.memory import NotEnoughMemoryError


@click.command(cls=GroupedCommand, short_help="Write a minibatch's walkthrough as a handout.")
@hyperparameter_options
@blas_option
@at_options
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, replaced if it exists: HTML if it ends in .html, a tape if in .tape, else "
    "Markdown; without it, standard output.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    metavar="K",
    help="Sample of the minibatch, counted from 0, of which the cells are taken.  "
    "[default: the one the net gets most wrong]",
)
@theme_option
@click.pass_context
def step(
    ctx: click.Context,
    /,
    run_id: str | None,
    runs_dir: str | None,
    iteration: int,
    sample: int | None,
    output: Path | None,
    theme: str,
    **values: Any,
) -> None:
    """Write one minibatch's forward and backward pass, operation by operation, as a handout.

    Every operation comes with its formula, shapes and arrays, one cell explained in words and
    worked out in full, and at the end the gradient check. With RUN, the id of a stored run, that
    run's iteration is made again, exactly, from its checkpoint or its start.

    A RUN that is a file ending in .tape is a tape: it opens on the step screen, without a run or
    what made it; with --output, or where standard output is no terminal, it is written instead.
    """
    if (file := tape_file(run_id)) is not None:
        hyperparameters_from(values)
        open_tape(ctx, file, output, sample, theme)
        return
    try:
        if output is not None:
            check_writable(output)
        trainer, run = trainer_for(ctx, hyperparameters_from(values), run_id, runs_dir, iteration)
    except (DatasetError, NotEnoughMemoryError) as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(2)
    except OSError as error:
        refuse_output(ctx, output, error)
    from tui_backprop.training.next_tape import next_tape
    from tui_backprop.walkthrough.full_check import check_all
    from tui_backprop.walkthrough.transcript import Provenance

    batch = trainer.next_minibatch()
    check_sample(sample, len(batch.x))
    tape = next_tape(trainer)
    if output is not None and output.suffix.lower() == TAPE_SUFFIX:
        write_output(ctx, tape, output)
        return
    provenance = Provenance(
        iteration,
        trainer.dataset.name,
        trainer.net_title,
        settings_as_given(trainer.hyperparameters),
        step_command(trainer.hyperparameters, iteration, run=run, sample=sample),
        run=run,
        class_names=trainer.dataset.class_names,
    )
    check = check_all(trainer.net, batch.x, batch.t, mode=trainer.next_pass)
    write_output(ctx, tape, output, check=check, provenance=provenance, sample=sample)
