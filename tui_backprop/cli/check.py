"""`tui-backprop check`: every gradient of a minibatch against central differences."""

from typing import Any

import click

from tui_backprop.cli.at_option import at_option, trainer_at
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.options import (
    FieldType,
    GroupedCommand,
    hyperparameter_options,
    hyperparameters_from,
)
from tui_backprop.datasets import DatasetError
from tui_backprop.settings.fields import Applies, NumberField
from tui_backprop.training.memory import NotEnoughMemoryError

STEP_SIZE = NumberField(
    "h",
    "Step size",
    "Step size of the central differences.",
    "Options",
    Applies.LIVE,
    1e-4,
    "h",
    minimum=1e-10,
    maximum=1,
)


@click.command(cls=GroupedCommand, short_help="Check every gradient of one minibatch.")
@hyperparameter_options
@blas_option
@at_option
@click.option(
    "--h",
    "step_size",
    type=FieldType(STEP_SIZE),
    default=STEP_SIZE.default,
    show_default=True,
    help=STEP_SIZE.help,
)
@click.pass_context
def check(ctx: click.Context, /, iteration: int, step_size: float, **values: Any) -> None:
    """Check every gradient of one minibatch by central differences.

    Prints a line for each parameter with its largest relative error. The exit status is 1 when a
    gradient is wrong.
    """
    try:
        trainer = trainer_at(hyperparameters_from(values), iteration)
    except (DatasetError, NotEnoughMemoryError) as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(2)
    from tui_backprop.nn.operation import shape_text
    from tui_backprop.walkthrough.full_check import check_all
    from tui_backprop.walkthrough.judgement import Verdict

    batch = trainer.next_minibatch()
    result = check_all(trainer.net, batch.x, batch.t, step_size, mode=trainer.next_pass)
    for parameter in result.parameters:
        verdict = "agrees" if parameter.passed else f"WRONG at {list(parameter.worst.index)}"
        click.echo(
            f"{parameter.key:<4} {shape_text(parameter.shape):<10}"
            f" largest relative error {parameter.largest_error:.2e}"
            f"  mean {parameter.mean_error:.2e}  {verdict}"
            f"  ({parameter.compared:,} compared, {parameter.counts[Verdict.KINK]:,} at a kink,"
            f" {parameter.counts[Verdict.ROUND_OFF]:,} in round-off)"
        )
    ctx.exit(0 if result.passed else 1)
