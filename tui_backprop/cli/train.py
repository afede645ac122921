"""`tui-backprop train`: training without a screen."""

from typing import Any

import click

from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.options import (
    GroupedCommand,
    hyperparameter_options,
    hyperparameters_from,
)


@click.command(cls=GroupedCommand)
@hyperparameter_options
@blas_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object a line on standard output, and nothing else there.",
)
@click.pass_context
def train(ctx: click.Context, /, as_json: bool, **values: Any) -> None:
    """Train without a screen: a progress bar, and a line per epoch with both accuracies.

    The run is the same, to the bit, as in the app with the same options.
    """
    from tui_backprop.cli.headless import train_headless

    ctx.exit(train_headless(hyperparameters_from(values), as_json=as_json))
