"""What a checkpoint tells of a run's progress, read without its parameters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tui_backprop.printable import printable
from tui_backprop.runs.format.checkpoint import read_some_arrays
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.format.stored_hyperparameters import read_hyperparameters
from tui_backprop.runs.format.stored_statistics import read_rows
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.trainer_state import MOST, TrainerState, check_curves
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.evaluation_history import EvaluationHistory
from tui_backprop.training.series import CAPACITY, BucketedSeries
from tui_backprop.training.snapshot import LayerStatistics

_SERIES = {"head": 2, "mean": CAPACITY, "low": CAPACITY, "high": CAPACITY}
_WANTED = {"accuracies", *(f"losses/{part}" for part in _SERIES)}


@dataclass(frozen=True, eq=False)
class StoredProgress:
    """A run at its last checkpoint; `elapsed` is in seconds of training."""

    hyperparameters: Hyperparameters
    iteration: int
    samples_seen: int
    loss: float | None
    elapsed: float
    losses: BucketedSeries
    evaluations: EvaluationHistory
    layers: tuple[LayerStatistics, ...]


def read_progress(path: Path) -> StoredProgress:
    """Return the progress in the checkpoint at `path`.

    However large the net, this reads some tens of kilobytes.

    Raises:
        RunError: no such file, not readable, damaged, or of another format.
    """
    state = read_some_arrays(path, _WANTED)
    try:
        return _progress(state)
    except StateError as error:
        raise RunError(f"{printable(path)}: {error}") from error


def _progress(state: TrainerState) -> StoredProgress:
    values = PlainValues(state.values)
    iteration = values.integer("iteration", 0, MOST)
    counts = values.table("accuracies")
    accuracies = EvaluationHistory()
    try:
        accuracies.restore(
            state.arrays["accuracies"],
            counts.integer("every", 1, MOST),
            counts.integer("seen", 0, MOST),
        )
    except (KeyError, ValueError) as error:
        raise StateError(f"accuracies: {error}") from error
    hyperparameters = read_hyperparameters(values.table("hyperparameters"))
    return StoredProgress(
        hyperparameters,
        iteration,
        values.integer("samples_seen", 0, MOST),
        values.optional("loss"),
        max(0.0, values.number("elapsed")),
        _losses(state, hyperparameters.iterations, iteration),
        accuracies,
        read_rows(values, "layers"),
    )


def _losses(state: TrainerState, planned: int, iteration: int) -> BucketedSeries:
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
