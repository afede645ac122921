"""`tui-backprop runs`: the list of stored runs."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tui_backprop.cli.options import GroupedCommand
from tui_backprop.cli.run_options import fail, runs_dir_option

if TYPE_CHECKING:
    from tui_backprop.runs.format.config import RunConfig
    from tui_backprop.runs.listing import RunSummary
    from tui_backprop.settings.fields import Field

HEADINGS = ("ID", "WHEN", "DATASET", "NET", "ITERATIONS", "TEST", "STATE")
_TO_THE_RIGHT = (4, 5)
_HAVE_A_COLUMN = ("dataset", "hidden", "iterations")


@click.command(cls=GroupedCommand, short_help="List the stored runs, oldest first.")
@runs_dir_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="List the newest N alone.  [default: all]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def runs(runs_dir: str | None, limit: int | None, as_json: bool) -> None:
    """List the stored runs, oldest first, with the settings in which they differ.

    A run is stored from its first iteration on. Nothing is ever deleted: remove a run's directory
    to be rid of it.
    """
    from tui_backprop.printable import printable
    from tui_backprop.runs.listing import differing, list_runs
    from tui_backprop.runs.location import runs_directory
    from tui_backprop.runs.run_error import RunError

    directory = runs_directory(runs_dir)
    try:
        found = list_runs(directory, limit)
    except RunError as error:
        raise fail(error) from error
    if as_json:
        for run in found:
            click.echo(json.dumps(_values(run), allow_nan=False))
        return
    if not found:
        click.echo(f"No runs in {printable(directory)}.", err=True)
        return
    fields = tuple(f for f in differing(found) if f.name not in _HAVE_A_COLUMN)
    headings = (*HEADINGS, "SETTINGS") if fields else HEADINGS
    _print_table([headings, *(_row(run, fields) for run in found)])
    for run in found:
        if run.fault:
            click.echo(printable(run.fault, limit=500), err=True)


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.rjust(width) if column in _TO_THE_RIGHT else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(cells).rstrip())


def _row(run: "RunSummary", fields: "tuple[Field, ...]") -> tuple[str, ...]:
    from tui_backprop.printable import printable

    config = run.config
    cells = (
        printable(run.id),
        f"{run.created.astimezone():%Y-%m-%d %H:%M}" if run.created else "–",
        _dataset(config),
        printable(config.net_title or config.name, limit=30) or "–" if config else "–",
        "–" if run.iteration is None else f"{run.iteration:,}",
        "–" if run.test is None else f"{printable(run.metric, limit=30)} {run.test:.4f}",
        _state(run),
    )
    return (*cells, _settings(config, fields)) if fields else cells


def _dataset(config: "RunConfig | None") -> str:
    from tui_backprop.printable import printable

    if config is None or "dataset" not in config.stated:
        return "–"
    return printable(config.hyperparameters.dataset, limit=30)


def _state(run: "RunSummary") -> str:
    if run.lost_after is None:
        return run.state.value
    since = f"since iteration {run.lost_after:,}" if run.lost_after else "at all"
    return f"{run.state.value}, not saved {since}"


def _settings(config: "RunConfig | None", fields: "tuple[Field, ...]") -> str:
    from tui_backprop.printable import printable

    if config is None:
        return "–"
    values = (
        f"{field.name}={field.format(getattr(config.hyperparameters, field.name))}"
        for field in fields
        if field.name in config.stated
    )
    return printable(" ".join(values), limit=200) or "–"


def _test_values(run: "RunSummary") -> dict[str, Any]:
    """Return the metric on the test set by its name in the run's points; not all have one."""
    from tui_backprop.runs.format.plain_values import stored_number

    if run.config is not None and run.config.naming_task is None:
        return {} if run.test is None else {run.metric: stored_number(run.test)}
    return {f"test_{run.metric or 'accuracy'}": run.test}


def _values(run: "RunSummary") -> dict[str, Any]:
    """Return what is known of a run; null where nothing is."""
    from tui_backprop.runs.format.named_values import ANY_TASK

    config = run.config
    stated = config.hyperparameters.to_dict() if config else {}
    return {
        "id": run.id,
        "created": run.created.isoformat() if run.created else None,
        "program": config.program if config else None,
        "name": config.name if config else None,
        "state": run.state.value,
        "iteration": run.iteration,
        "saved_iteration": run.saved,
        "task": (config.naming_task.name if config.naming_task else ANY_TASK) if config else None,
        **_test_values(run),
        "net": config.net_title if config else None,
        "hyperparameters": {n: v for n, v in stated.items() if config and n in config.stated},
        "fault": run.fault,
    }
