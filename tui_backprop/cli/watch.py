"""`tui-backprop watch`: the app, read-only, on a run that another process trains."""

import click

from tui_backprop.cli.fps_option import fps_option
from tui_backprop.cli.options import GroupedCommand
from tui_backprop.cli.run_options import Failure, fail, runs_dir_option
from tui_backprop.cli.terminal import has_terminal, refuse_dumb_terminal
from tui_backprop.cli.theme_option import theme_option
from tui_backprop.runs.location import LATEST


@click.command(cls=GroupedCommand, short_help="Watch a run that another process trains, live.")
@click.argument("run_id", metavar="[ID]", default=LATEST)
@fps_option
@theme_option
@runs_dir_option
@click.pass_context
def watch(ctx: click.Context, /, run_id: str, fps: float, theme: str, runs_dir: str | None) -> None:
    """Watch a run that another process trains, live; without ID, the newest.

    Nothing is changed or written: any number of terminals may watch a run, while it is trained
    and after.
    """
    from tui_backprop.runs.location import find_run, runs_directory
    from tui_backprop.runs.run_error import RunError
    from tui_backprop.session.blas import limit_blas_threads

    instead = "`tui-backprop export` writes a run out"
    if not has_terminal():
        raise Failure(f"no terminal on standard input and standard error; {instead}.")
    refuse_dumb_terminal(instead)
    limit_blas_threads()
    try:
        path = find_run(runs_directory(runs_dir), run_id)
        from tui_backprop.cli.app import watch_run

        status = watch_run(path, fps=fps, theme=theme)
    except RunError as error:
        raise fail(error) from error
    ctx.exit(status)
