"""`tui-backprop watch`: the app, read-only, on a run that another program trains."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui_backprop.cli.fps_option import fps_option
from tui_backprop.cli.options import GroupedCommand
from tui_backprop.cli.run_options import Failure, fail, runs_dir_option
from tui_backprop.cli.terminal import (
    read_keys_from_terminal,
    refuse_dumb_terminal,
    require_terminal,
)
from tui_backprop.cli.theme_option import theme_option
from tui_backprop.runs.location import LATEST

if TYPE_CHECKING:
    from tui_backprop.runs.foreign.finding import FoundRun

PIPE = "-"
_INSTEAD = "`tui-backprop export` writes a run out"


@click.command(cls=GroupedCommand, short_help="Watch a run that another program trains, live.")
@click.argument("where", metavar="[WHERE]", default=LATEST)
@fps_option
@theme_option
@runs_dir_option
@click.pass_context
def watch(ctx: click.Context, /, where: str, fps: float, theme: str, runs_dir: str | None) -> None:
    """Watch a run that another program trains, live; without WHERE, the newest of your runs.

    WHERE is the ID of a run, or a path: of a TensorBoard log directory, a CSV table of Lightning or
    Keras, a DVCLive directory, a trainer_state.json of Hugging Face, or JSON lines. Where there
    are several runs at a path, they are listed. - reads what a program prints:
    python train.py 2>&1 | tui-backprop watch -

    Nothing is changed or written: any number of terminals may watch a run, while it is trained
    and after.
    """
    from tui_backprop.runs.run_error import RunError
    from tui_backprop.session.blas import limit_blas_threads

    limit_blas_threads()
    try:
        if where == PIPE:
            ctx.exit(_watch_pipe(fps, theme))
        found = _found(where, runs_dir)
        if len(found) > 1:
            _list(found)
            return
        ctx.exit(_watch(found[0], fps, theme))
    except RunError as error:
        raise fail(error) from error


def _found(where: str, runs_dir: str | None) -> "Sequence[FoundRun]":
    """Return the runs that are meant, at least one.

    Raises:
        RunError: there are none.
    """
    from tui_backprop.printable import printable
    from tui_backprop.runs.foreign.finding import FoundRun, found_runs
    from tui_backprop.runs.location import find_run, runs_directory
    from tui_backprop.runs.run_error import RunError
    from tui_backprop.user_path import expanded

    runs = runs_directory(runs_dir)
    path = expanded(Path(where))
    # An id before a path: `watch 20261123-182207-k3f9` means the same wherever one is.
    is_name = path.parts == (where,) and where != ".."
    if where == LATEST or (is_name and os.path.lexists(runs / where)):
        require_terminal(_INSTEAD)
        return [FoundRun(find_run(runs, where), None)]
    if not path.exists():
        raise RunError(
            f"no run {printable(where)!r} in {printable(runs)}, and no such file or directory"
        )
    found = found_runs(path.resolve() if path.is_symlink() else path)
    if not found:
        raise RunError(f"{printable(path)}: no run of a kind that is known lies here")
    # A run at the very path is meant, whatever lies below it.
    return [run for run in found if run.path in (path, path.resolve())][:1] or found


def _list(found: "Sequence[FoundRun]") -> None:
    from tui_backprop.printable import printable

    width = max(len(printable(run.path)) for run in found)
    for run in found:
        click.echo(f"{printable(run.path):<{width}}  {run.title}")
    click.echo(f"{len(found):,} runs: give the path of one to watch it.", err=True)


def _watch(run: "FoundRun", fps: float, theme: str) -> int:
    from tui_backprop.cli.app import watch_any, watch_run
    from tui_backprop.runs.foreign.own_run import OwnRunSource
    from tui_backprop.runs.foreign.source import ForeignSource
    from tui_backprop.runs.format.config import read_config
    from tui_backprop.runs.format.names import CONFIG_NAME

    require_terminal(_INSTEAD)
    if run.kind is not None:
        return watch_any(ForeignSource(run, time.monotonic), fps=fps, theme=theme)
    if read_config(run.path / CONFIG_NAME).is_of_any_net:
        return watch_any(OwnRunSource(run.path, time.monotonic), fps=fps, theme=theme)
    return watch_run(run.path, fps=fps, theme=theme)


def _watch_pipe(fps: float, theme: str) -> int:
    from tui_backprop.cli.app import watch_any
    from tui_backprop.runs.foreign.pipe import PipeSource

    if sys.stdin is None or sys.stdin.isatty():
        raise Failure("nothing is piped in: python train.py 2>&1 | tui-backprop watch -")
    refuse_dumb_terminal("let the program print to the terminal")
    source = PipeSource(read_keys_from_terminal(), time.monotonic)
    return watch_any(source, fps=fps, theme=theme, prints=True)
