"""Points of a run whose metrics have names of their own: as lines of the file, and as values."""

from collections.abc import Mapping
from typing import Any

from tui_backprop.runs.format.metrics import MAX_LINE_BYTES, MetricsPoint, metrics_line
from tui_backprop.runs.format.plain_values import stored_number


def any_point_values(point: MetricsPoint) -> dict[str, Any]:
    """Return the values of a point whose metrics have names of their own, by those names."""
    position = {"iteration": point.iteration, "epoch": point.epoch}
    return {**position, **point.values, "elapsed": point.elapsed}


def any_metrics_lines(
    iteration: int,
    epoch: float | None,
    elapsed: float,
    values: Mapping[str, float],
    ranges: Mapping[str, tuple[float, float, float]],
) -> list[bytes]:
    """Return the lines that store a point of metrics with any names: one, if it fits in one."""
    position: dict[str, Any] = {"iteration": iteration, "elapsed": elapsed}
    if epoch is not None:
        position["epoch"] = epoch
    stored = {name: stored_number(value) for name, value in values.items()}
    more = {"ranges": ranges} if ranges else {}
    line = metrics_line({**position, **stored, **more})
    if len(line) <= MAX_LINE_BYTES or len(values) <= 1:
        return [line]
    names = list(values)
    halves = (names[: len(names) // 2], names[len(names) // 2 :])
    return [
        line
        for half in halves
        for line in any_metrics_lines(
            *(iteration, epoch, elapsed),
            {name: values[name] for name in half},
            {name: ranges[name] for name in half if name in ranges},
        )
    ]
