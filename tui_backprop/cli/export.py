"""`tui-backprop export`: a stored run's curves and parameters, for other programs."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from tui_backprop.cli.interruption import uninterrupted
from tui_backprop.cli.options import GroupedCommand
from tui_backprop.cli.run_options import fail, runs_dir_option

if TYPE_CHECKING:
    from tui_backprop.runs.format.config import RunConfig
    from tui_backprop.runs.format.metrics import MetricsPoint, MetricsReader
    from tui_backprop.settings.tasks import Task

NOT_THE_NEWEST = 3
"""The exit status where the run has made more iterations than its checkpoint has."""

_PARAMETER = re.compile(r"params/([A-Za-z]+[0-9]+)")


@click.command(cls=GroupedCommand)
@click.argument("run_id", metavar="ID")
@click.option(
    "--metrics",
    metavar="FILE",
    help="Write the loss and the metric to FILE: a table if it ends in .csv, with what happened to"
    " the run if it ends in .json; - writes the table to standard output.",
)
@click.option(
    "--parameters",
    metavar="FILE",
    help="Write the last checkpoint's W1, b1, … to FILE, which ends in .npz: numpy.load reads it.  "
    "Exit status 3 tells that the run has gone on since.",
)
@runs_dir_option
@click.pass_context
def export(
    ctx: click.Context,
    /,
    run_id: str,
    metrics: str | None,
    parameters: str | None,
    runs_dir: str | None,
) -> None:
    """Write out a stored run; the ID `latest` is the newest one.

    A file that is there already is replaced, in one step.
    """
    from tui_backprop.runs.location import find_run, runs_directory
    from tui_backprop.runs.run_error import RunError

    if metrics is None and parameters is None:
        raise click.UsageError("nothing to export: give --metrics FILE, --parameters FILE or both.")
    if metrics is not None and metrics != "-" and not metrics.endswith((".csv", ".json")):
        raise click.BadParameter(_named(metrics, ".csv or .json"), param_hint="--metrics")
    if parameters is not None and not parameters.endswith(".npz"):
        raise click.BadParameter(_named(parameters, ".npz"), param_hint="--parameters")
    try:
        path = find_run(runs_directory(runs_dir), run_id)
        config = _config_of(path)
        if metrics is not None:
            text = _metrics_text(path, config, as_json=metrics.endswith(".json"))
            if metrics == "-":
                click.echo(text, nl=False)
            else:
                _write(Path(metrics), lambda file: file.write(text.encode()))
        if parameters is not None and not _export_parameters(path, config, Path(parameters)):
            ctx.exit(NOT_THE_NEWEST)
    except RunError as error:
        raise fail(error) from error


def _config_of(path: Path) -> "RunConfig | None":
    """Return the run's configuration, None where it cannot be read, which is told."""
    from tui_backprop.runs.format.config import read_config
    from tui_backprop.runs.format.names import CONFIG_NAME
    from tui_backprop.runs.run_error import RunError

    try:
        return read_config(path / CONFIG_NAME)
    except RunError as error:
        click.echo(str(error), err=True)
        return None


def _named(name: str, allowed: str) -> str:
    from tui_backprop.printable import printable

    return f"{printable(name)!r}: the name must end in {allowed}."


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    from tui_backprop.printable import printable
    from tui_backprop.runs.files import RunFiles
    from tui_backprop.runs.run_error import RunError

    try:
        with uninterrupted():
            RunFiles().replace(path, write)
    except (OSError, ValueError) as error:
        fault = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"{printable(path)}: {printable(fault)}") from error


def _metrics_text(path: Path, config: "RunConfig | None", *, as_json: bool) -> str:
    reader, task = _metrics_of(path, config)
    if reader.damaged_lines:
        click.echo(f"metrics.jsonl: skipped {reader.damaged_lines:,} damaged lines", err=True)
    points = merged(reader.points)
    return _json(path.name, config, points, reader, task) if as_json else _csv(points, task)


def _metrics_of(path: Path, config: "RunConfig | None") -> "tuple[MetricsReader, Task | None]":
    from tui_backprop.runs.format.metrics import read_metrics
    from tui_backprop.runs.format.names import METRICS_NAME
    from tui_backprop.settings.tasks import TASKS

    task = config.naming_task if config else TASKS["classification"]
    return read_metrics(path / METRICS_NAME, task), task


def merged(points: "list[MetricsPoint]") -> "list[MetricsPoint]":
    """Return one point an iteration: its loss, and its accuracies where there are any."""
    by_iteration: dict[int, MetricsPoint] = {}
    for point in points:
        before = by_iteration.get(point.iteration, point)
        given = {name: value for name, value in asdict(point).items() if value is not None}
        given["values"] = {**before.values, **point.values}
        by_iteration[point.iteration] = replace(before, **given)
    return list(by_iteration.values())


def _csv(points: "list[MetricsPoint]", task: "Task | None") -> str:
    from tui_backprop.runs.format.metrics import MetricsPoint

    text = io.StringIO()
    nothing = MetricsPoint(0, 0.0, None, None, None, None, 0.0)
    rows = [_values(point, task) for point in points]
    columns = list(_values(nothing, task))
    # A dict, as it keeps the order in which the names came.
    own = dict.fromkeys(name for row in rows for name in row if name not in columns)
    columns[columns.index("elapsed") : columns.index("elapsed")] = own
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _json(
    run_id: str,
    config: "RunConfig | None",
    points: "list[MetricsPoint]",
    reader: "MetricsReader",
    task: "Task | None",
) -> str:
    from tui_backprop.runs.format.plain_values import stored_number

    whole = {
        "id": run_id,
        "name": config.name if config else "",
        "hyperparameters": config.hyperparameters.to_dict() if config and config.stated else None,
        "points": [
            {n: stored_number(v) if isinstance(v, float) else v for n, v in values.items()}
            for values in (_values(point, task) for point in points)
        ],
        "events": [asdict(event) for event in reader.events],
    }
    return json.dumps(whole, indent=1, allow_nan=False) + "\n"


def _values(point: "MetricsPoint", task: "Task | None") -> dict[str, Any]:
    from tui_backprop.runs.format.any_metrics import any_point_values
    from tui_backprop.runs.format.metrics import point_values

    return any_point_values(point) if task is None else point_values(point, task)


def _export_parameters(path: Path, config: "RunConfig | None", target: Path) -> bool:
    """Write the checkpoint's parameters; return whether they are the run's newest."""
    import numpy as np

    from tui_backprop.runs.format.checkpoint import read_checkpoint
    from tui_backprop.runs.format.names import CHECKPOINT_NAME
    from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError
    from tui_backprop.runs.run_error import RunError

    state = read_checkpoint(path / CHECKPOINT_NAME, run=config.id if config else "")
    params = {
        found[1]: array for n, array in state.arrays.items() if (found := _PARAMETER.fullmatch(n))
    }
    content = io.BytesIO()
    np.savez(content, **params)  # type: ignore[arg-type]
    _write(target, lambda file: file.write(content.getbuffer()))
    try:
        iteration = PlainValues(state.values).integer("iteration", 0, MOST, default=0)
        newest = _metrics_of(path, config)[0].newest_iteration or 0
    except (RunError, StateError) as error:
        raise RunError(f"parameters written, but not known of which iteration: {error}") from error
    behind = f": not saved since then, the run has made {newest:,}" if newest > iteration else ""
    click.echo(f"parameters of iteration {iteration:,}{behind}", err=True)
    return newest <= iteration
