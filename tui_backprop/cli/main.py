"""The `tui-backprop` command and its subcommands."""

from importlib import import_module
from typing import Any

import click

from tui_backprop import __version__
from tui_backprop.cli.blas_option import blas_option
from tui_backprop.cli.fps_option import fps_option
from tui_backprop.cli.options import (
    GroupedCommand,
    given_parameters,
    given_settings,
    hyperparameter_options,
    hyperparameters_from,
    printable_usage_errors,
)
from tui_backprop.cli.run_options import fail, resume_option, runs_dir_option
from tui_backprop.cli.terminal import has_terminal, refuse_dumb_terminal
from tui_backprop.cli.theme_option import theme_option
from tui_backprop.runs.location import find_run, runs_directory
from tui_backprop.runs.run_error import RunError

COMMANDS = ("train", "watch", "step", "check", "runs", "export")
"""Each is the function of its name in the module of its name."""


class DefaultGroup(GroupedCommand, click.Group):
    """A group whose own options start the app, and whose help lists its commands too.

    A command is imported when it is named: the app's first frame waits for none of them.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"tui_backprop.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

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
@fps_option
@theme_option
@resume_option
@runs_dir_option
@click.version_option(__version__, "-V", "--version", prog_name="tui-backprop")
@click.pass_context
def main(
    ctx: click.Context,
    /,
    start: bool,
    fps: float,
    theme: str,
    resume: str | None,
    runs_dir: str | None,
    **values: Any,
) -> None:
    """Watch a neural network learn, and walk its backpropagation number by number.

    Without a command, opens the app; space starts the training. Without a terminal, trains
    headless like `train`.
    """
    hyperparameters = hyperparameters_from(values)
    if ctx.invoked_subcommand is not None:
        if given := given_parameters(ctx):
            raise click.UsageError(
                f"{', '.join(param.opts[0] for param in given)}: give options after the command "
                f"({ctx.invoked_subcommand}), not before it."
            )
        return
    settings = [param.opts[0] for param in given_settings(ctx)]
    if resume is not None and settings:
        raise click.UsageError(
            f"{', '.join(settings)}: a stored run has its own values; change them in the app."
        )
    kept_in = runs_directory(runs_dir)
    if not has_terminal():
        click.echo(
            "tui-backprop: no terminal on standard input and standard error, "
            "so training runs without a screen.",
            err=True,
        )
        from tui_backprop.cli.headless import train_headless

        ctx.exit(train_headless(hyperparameters, runs=kept_in, resume=resume))
    refuse_dumb_terminal("use `tui-backprop train` instead")
    if resume is not None:
        try:
            resume = find_run(kept_in, resume).name
        except RunError as error:
            raise fail(error) from error
    from tui_backprop.cli.app import run_app

    ctx.exit(
        run_app(hyperparameters, start=start, fps=fps, theme=theme, runs=kept_in, resume=resume)
    )
