"""`tui-backprop runs`: the list of stored runs."""

from typing import TYPE_CHECKING

import click

from tui_backprop.cli.options import GroupedCommand
from tui_backprop.cli.run_options import fail, runs_dir_option

if TYPE_CHECKING:
    from tui_backprop.runs.format.config import RunConfig
    from tui_backprop.runs.listing import RunSummary

HEADINGS = ("ID", "WHEN", "DATASET", "NET", "ITERATIONS", "TEST", "STATE")
_TO_THE_RIGHT = (4, 5)


@click.command(cls=GroupedCommand)
@runs_dir_option
def runs(runs_dir: str | None) -> None:
    """List the stored runs, oldest first.

    A run is stored from its first iteration on. Nothing is ever deleted: remove a run's directory
    to be rid of it.
    """
    from tui_backprop.printable import printable
    from tui_backprop.runs.listing import list_runs
    from tui_backprop.runs.location import runs_directory
    from tui_backprop.runs.run_error import RunError

    directory = runs_directory(runs_dir)
    try:
        found = list_runs(directory)
    except RunError as error:
        raise fail(error) from error
    if not found:
        click.echo(f"No runs in {printable(directory)}.", err=True)
        return
    rows = [HEADINGS, *(_row(run) for run in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        cells = (
            cell.rjust(width) if column in _TO_THE_RIGHT else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(cells).rstrip())
    for run in found:
        if run.fault:
            click.echo(printable(run.fault, limit=500), err=True)


def _row(run: "RunSummary") -> tuple[str, ...]:
    from tui_backprop.printable import printable

    config = run.config
    return (
        printable(run.id),
        f"{run.created.astimezone():%Y-%m-%d %H:%M}" if run.created else "–",
        _dataset(config),
        printable("-".join(map(str, config.layer_sizes)), limit=30) or "–" if config else "–",
        "–" if run.iteration is None else f"{run.iteration:,}",
        "–" if run.test is None or config is None else f"{config.task.metric} {run.test:.4f}",
        run.state.value,
    )


def _dataset(config: "RunConfig | None") -> str:
    from tui_backprop.printable import printable

    if config is None or "dataset" not in config.stated:
        return "–"
    return printable(config.hyperparameters.dataset, limit=30)
