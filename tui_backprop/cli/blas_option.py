"""The option for the number of BLAS threads, which every command that trains has."""

import os

import click

from tui_backprop.session.blas import CHOICE_VARIABLE, DEFAULT_THREADS


def _choose(ctx: click.Context, param: click.Parameter, threads: int) -> None:
    """Leave the choice where this process and the training process find it before NumPy loads."""
    os.environ[CHOICE_VARIABLE] = str(threads)


blas_option = click.option(
    "--blas-threads",
    type=click.IntRange(1, 256),
    default=DEFAULT_THREADS,
    show_default=True,
    envvar=CHOICE_VARIABLE,
    metavar="THREADS",
    expose_value=False,
    callback=_choose,
    help="Threads of each matrix product; more pay only for nets far larger than the book's.",
)
