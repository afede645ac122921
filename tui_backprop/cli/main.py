"""The `tui-backprop` command and its subcommands."""

import os
import sys
from typing import Any

import click

from tui_backprop import __version__
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.check import check
from tui_backprop.cli.export import export
from tui_backprop.cli.options import (
    FieldType,
    GroupedCommand,
    HyperparameterOption,
    hyperparameter_options,
    hyperparameters_from,
    printable_usage_errors,
)
from tui_backprop.cli.run_options import resume_option, runs_dir_option
from tui_backprop.cli.runs import runs
from tui_backprop.cli.step import step
from tui_backprop.cli.train import train
from tui_backprop.training.fields import Applies, NumberField
from tui_backprop.training.run_directory import runs_directory

FPS = NumberField(
    "fps",
    "Frames",
    "Most chart updates a second.",
    "Options",
    Applies.LIVE,
    None,
    "frames",
    minimum=0.1,
    maximum=60,
)


class DefaultGroup(GroupedCommand, click.Group):
    """A group whose own options start the app, and whose help lists its commands too."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the grouped options, then the commands."""
        GroupedCommand.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; an unknown one is told in printable text."""
        with printable_usage_errors():
            return super().resolve_command(ctx, args)


@click.group(
    cls=DefaultGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@hyperparameter_options
@blas_option
@click.option("--start", is_flag=True, help="Start training at once, without a key.")
@click.option(
    "--fps",
    type=FieldType(FPS),
    default=None,
    help=f"{FPS.help}  [default: 10, over SSH 4]",
)
@resume_option
@runs_dir_option
@click.version_option(__version__, "-V", "--version", prog_name="tui-backprop")
@click.pass_context
def main(
    ctx: click.Context,
    /,
    start: bool,
    fps: float | None,
    resume: str | None,
    runs_dir: str | None,
    **values: Any,
) -> None:
    """Watch a neural network learn, and walk its backpropagation number by number.

    Without a command, opens the app; space starts the training. Without a terminal, trains
    headless like `train`.
    """
    hyperparameters = hyperparameters_from(values)
    given = [
        param
        for param in ctx.command.params
        if param.name and ctx.get_parameter_source(param.name) is _ON_COMMAND_LINE
    ]
    if ctx.invoked_subcommand is not None:
        if given:
            raise click.UsageError(
                f"{', '.join(param.opts[0] for param in given)}: give options after the command "
                f"({ctx.invoked_subcommand}), not before it."
            )
        return
    settings = [param.opts[0] for param in given if isinstance(param, HyperparameterOption)]
    if resume is not None and settings:
        raise click.UsageError(
            f"{', '.join(settings)}: a stored run has its own values; change them in the app."
        )
    kept_in = runs_directory(runs_dir)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        click.echo(
            "tui-backprop: no terminal on standard input and standard error, "
            "so training runs without a screen.",
            err=True,
        )
        from tui_backprop.cli.headless import train_headless

        ctx.exit(train_headless(hyperparameters, as_json=False, runs=kept_in, resume=resume))
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError(
            "TERM=dumb: this terminal cannot show the app; use `tui-backprop train` instead."
        )
    from tui_backprop.cli.app import run_app

    ctx.exit(run_app(hyperparameters, start=start, fps=fps, runs=kept_in, resume=resume))


_ON_COMMAND_LINE = click.core.ParameterSource.COMMANDLINE

for command in (train, step, check, runs, export):
    main.add_command(command)
