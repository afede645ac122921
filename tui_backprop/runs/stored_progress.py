"""What a checkpoint tells of a run's progress, read without its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.printable import printable
from tui_backprop.runs.format.checkpoint import Checkpoint, read_some_arrays
from tui_backprop.runs.format.layers import read_rows
from tui_backprop.runs.format.plain_values import MOST, PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.evaluation_history import EvaluationHistory
from tui_backprop.training.series import CAPACITY, BucketedSeries
from tui_backprop.training.snapshot import LayerStatistics

_SERIES = {"head": 2, "mean": CAPACITY, "low": CAPACITY, "high": CAPACITY}
_WANTED = {"accuracies", *(f"losses/{part}" for part in _SERIES)}


@dataclass(frozen=True, eq=False)
class StoredProgress:
    """A run at its last checkpoint; `elapsed` is in seconds of training.

    `losses` is None where the checkpoint has none.
    """

    hyperparameters: Hyperparameters
    iteration: int
    samples_seen: int
    loss: float | None
    elapsed: float
    losses: BucketedSeries | None
    evaluations: EvaluationHistory
    layers: tuple[LayerStatistics, ...]


def read_progress(path: Path, run: str = "") -> StoredProgress:
    """Return the progress in the checkpoint at `path`, which has this run's id, if any.

    However large the net, this reads some tens of kilobytes.

    Raises:
        RunError: no such file, not readable, damaged, or of another format or run.
    """
    state = read_some_arrays(path, _WANTED, run=run)
    try:
        return _progress(state)
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error


def _progress(state: Checkpoint) -> StoredProgress:
    values = PlainValues(state.values)
    iteration = values.integer("iteration", 0, MOST)
    hyperparameters = read_hyperparameters(values.table("hyperparameters"))
    return StoredProgress(
        hyperparameters,
        iteration,
        values.integer("samples_seen", 0, MOST, default=0),
        values.optional("loss"),
        max(0.0, values.number("elapsed", default=0.0)),
        _losses(state, hyperparameters.iterations, iteration),
        restored_evaluations(state),
        read_rows(values, "layers"),
    )


def restored_evaluations(state: Checkpoint) -> EvaluationHistory:
    """Return the evaluations in a checkpoint, none where it has none.

    Raises:
        StateError: they are no history's.
    """
    counts, history = PlainValues(state.values).table("accuracies"), EvaluationHistory()
    every = counts.integer("every", 1, MOST, default=1)
    seen = counts.integer("seen", 0, MOST, default=0)
    try:
        history.restore(state.arrays.get("accuracies", np.empty((0, 4))), every, seen)
    except ValueError as error:
        raise StateError(f"accuracies: {error}") from error
    return history


def _losses(state: Checkpoint, planned: int, iteration: int) -> BucketedSeries | None:
    if not any(f"losses/{name}" in state.arrays for name in _SERIES):
        return None
    parts: dict[str, npt.NDArray[np.float64]] = {}
    for name, size in _SERIES.items():
        part = state.arrays.get(f"losses/{name}")
        if part is None or part.shape != (size,) or part.dtype != np.float64:
            raise StateError(f"losses/{name} is no array of {size} numbers")
        parts[name] = part
    check_curves({name: part[np.newaxis] for name, part in parts.items()}, iteration)
    losses = BucketedSeries(planned)
    losses.restore(parts)
    return losses


def check_curves(parts: Mapping[str, npt.NDArray[Any]], most: int) -> None:
    """Refuse what no series of at most `most` finite values has; each part has a row a series."""
    capacity = parts["low"].shape[1]
    for row, (width, count) in enumerate(parts["head"].tolist()):
        is_power = 1 <= width < MOST and width.is_integer() and int(width).bit_count() == 1
        fits = count.is_integer() and 0 <= count <= min(most, width * capacity)
        if not (is_power and fits):
            raise StateError(f"a curve has buckets of {width:g} and {count:g} values")
        used = -(-int(count) // int(width))
        if not all(np.isfinite(parts[name][row, :used]).all() for name in ("mean", "low", "high")):
            raise StateError("a curve has values that are not finite")
