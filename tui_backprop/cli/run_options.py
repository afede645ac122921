"""Options and arguments that name stored runs."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from tui_backprop.runs.location import LATEST, RUNS_VARIABLE

Function = TypeVar("Function", bound=Callable[..., Any])


def _not_empty(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("must be the path of a directory, but is empty.")
    return value


def runs_dir_option(command: Function) -> Function:
    """Give a command the option that says where runs are kept."""
    return click.option(
        "--runs-dir",
        metavar="DIRECTORY",
        default=None,
        callback=_not_empty,
        help=f"Where runs are kept.  [default: ${RUNS_VARIABLE}, or the user's state directory]",
    )(command)


def resume_option(command: Function) -> Function:
    """Give a command the option to go on with a stored run."""
    return click.option(
        "--resume",
        metavar="[ID]",
        is_flag=False,
        flag_value=LATEST,
        default=None,
        help="Go on with a stored run from its last checkpoint; without ID, with the newest.",
    )(command)


class Failure(click.ClickException):
    """Ends a command with one line and exit status 2."""

    exit_code = 2


def fail(error: Exception) -> Failure:
    """Return what ends a command with this error's line."""
    return Failure(str(error))
