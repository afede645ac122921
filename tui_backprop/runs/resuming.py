"""Making the trainer of a stored run again, where its last checkpoint left it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.printable import printable
from tui_backprop.runs.format.checkpoint import MAX_BYTES, read_checkpoint
from tui_backprop.runs.format.config import DataDescription, read_config
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.trainer_state import restore
from tui_backprop.training.trainer import Trainer


@dataclass(frozen=True)
class ResumedRun:
    """A stored run's trainer, and the seconds it had been training; `data` is its data set's."""

    trainer: Trainer
    elapsed: float
    data: DataDescription


def load_run(
    path: Path, load: Callable[[str], Dataset], available_memory: int | None = None
) -> ResumedRun:
    """Return the run in the directory `path` as its last checkpoint has it.

    Without a checkpoint it stands at its start: it was killed before the first one was due.

    Args:
        path: of the run's directory.
        load: loads a data set by name or path.
        available_memory: bytes that the run may take; None for as many as there are.

    Raises:
        RunError: a file is damaged, or the data are not those the run was trained on.
        DatasetError: the data set cannot be loaded.
        NotEnoughMemoryError: as for Trainer.
    """
    checkpoint = path / CHECKPOINT_NAME
    # Even a link to nowhere is there, and refused.
    if not os.path.lexists(checkpoint):
        config = read_config(path / CONFIG_NAME)
        _check_known(path / CONFIG_NAME, config.data)
        dataset = _load_data(config.hyperparameters.dataset, config.data, load)
        trainer = Trainer(config.hyperparameters, dataset, available_memory)
        return ResumedRun(trainer, 0.0, config.data)
    state = read_checkpoint(checkpoint, MAX_BYTES if available_memory is None else available_memory)
    try:
        values = PlainValues(state.values)
        data = DataDescription.read(values.table("data"))
        elapsed = max(0.0, values.number("elapsed", default=0.0))
        name = values.table("hyperparameters").text("dataset")
    except StateError as error:
        raise RunError(f"{printable(checkpoint)}: {error}") from error
    _check_known(checkpoint, data)
    dataset = _load_data(name, data, load)
    try:
        return ResumedRun(restore(state, dataset, available_memory), elapsed, data)
    except StateError as error:
        raise RunError(f"{printable(checkpoint)}: {error}") from error


def _check_known(path: Path, data: DataDescription) -> None:
    """Refuse a run of which nobody could tell whether it goes on with the same data."""
    if not data.is_known:
        raise RunError(
            f"{printable(path)}: does not say which data the run was trained on,"
            " so it can be watched, but not gone on with"
        )


def _load_data(name: str, data: DataDescription, load: Callable[[str], Dataset]) -> Dataset:
    source = data.path or name
    dataset = load(source)
    if DataDescription.of(source, dataset) != data:
        raise RunError(
            f"dataset {printable(source)}: has changed since the run was started,"
            " so the run cannot go on as it would have"
        )
    return dataset
