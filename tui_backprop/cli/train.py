"""`tui-backprop train`: training without a screen."""

from typing import Any

import click

from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.options import (
    GroupedCommand,
    given_settings,
    hyperparameter_options,
    hyperparameters_from,
)
from tui_backprop.cli.run_options import resume_option, runs_dir_option


@click.command(cls=GroupedCommand, short_help="Train without a screen.")
@hyperparameter_options
@resume_option
@runs_dir_option
@blas_option
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object a line on standard output, and nothing else there: the run and its"
    " settings, each evaluation, the status.",
)
@click.option("--verbose", is_flag=True, help="Print a line for each evaluation.")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    as_json: bool,
    verbose: bool,
    resume: str | None,
    runs_dir: str | None,
    **values: Any,
) -> None:
    """Train without a screen: a progress bar, and a line per epoch with how well the net does.

    Of epochs shorter than a second, one a second is printed, and the last one.

    The run is the same, to the bit, as in the app with the same options. It is stored while it
    trains: `--resume` goes on with it, and takes the options that apply live.
    """
    from tui_backprop.cli.headless import train_headless
    from tui_backprop.runs.location import runs_directory

    hyperparameters = hyperparameters_from(values)
    changes = live_changes(ctx, hyperparameters.to_dict()) if resume is not None else {}
    ctx.exit(
        train_headless(
            hyperparameters,
            as_json=as_json,
            verbose=verbose,
            runs=runs_directory(runs_dir),
            resume=resume,
            changes=changes,
        )
    )


def live_changes(ctx: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters given on the command line for a run that exists.

    Raises:
        UsageError: one of them takes effect on a new net only.
    """
    from tui_backprop.settings.fields import Applies
    from tui_backprop.settings.hyperparameters import FIELD_BY_NAME

    given = {str(param.name): param.opts[0] for param in given_settings(ctx)}
    live = {name for name, field in FIELD_BY_NAME.items() if field.applies is Applies.LIVE}
    if fixed := [option for name, option in given.items() if name not in live]:
        raise click.UsageError(
            f"{', '.join(fixed)}: cannot change for a run that exists; leave out --resume"
        )
    return {name: values[name] for name in given}
