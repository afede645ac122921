"""Making the trainer of a stored run again, where its last checkpoint left it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.printable import printable
from tui_backprop.runs.files import open_stored
from tui_backprop.runs.format.checkpoint import MAX_BYTES, read_checkpoint
from tui_backprop.runs.format.config import DataDescription, read_config
from tui_backprop.runs.format.names import CHECKPOINT_NAME, CONFIG_NAME
from tui_backprop.runs.format.plain_values import PlainValues, StateError
from tui_backprop.runs.run_error import RunError, file_error
from tui_backprop.runs.trainer_state import restore
from tui_backprop.training.trainer import Trainer


@dataclass(frozen=True)
class ResumedRun:
    """A stored run's trainer, and the seconds it had been training.

    `data` is its data set's; `has_checkpoint` is whether the trainer stands where one left it.
    """

    id: str
    trainer: Trainer
    elapsed: float
    data: DataDescription
    has_checkpoint: bool = False


def load_run(
    path: Path, load: Callable[[str, str], Dataset], available_memory: int | None = None
) -> ResumedRun:
    """Return the run in the directory `path` as its last checkpoint has it.

    Without a checkpoint it stands at its start: it was killed before the first one was due.

    Args:
        path: of the run's directory.
        load: loads a data set by name or path, and target column.
        available_memory: bytes that the run may take; None for as many as there are.

    Raises:
        RunError: a file is damaged, or the data are not those the run was trained on.
        DatasetError: the data set cannot be loaded.
        NotEnoughMemoryError: as for Trainer.
    """
    checkpoint, config_path = path / CHECKPOINT_NAME, path / CONFIG_NAME
    # Even a link to nowhere is there, and refused.
    if not os.path.lexists(checkpoint):
        config = read_config(config_path)
        _check_known(config_path, config.data)
        settings = config.hyperparameters
        dataset = _load_data(settings.dataset, settings.target, config.data, load)
        trainer = Trainer(config.hyperparameters, dataset, available_memory)
        return ResumedRun(config.id, trainer, 0.0, config.data)
    run_id = _id_of(config_path)
    most = MAX_BYTES if available_memory is None else available_memory
    state = read_checkpoint(checkpoint, most, run=run_id)
    try:
        values = PlainValues(state.values)
        run_id = run_id or values.text("run", 100, default=path.name)
        data = DataDescription.read(values.table("data"))
        elapsed = max(0.0, values.number("elapsed", default=0.0))
        stored = values.table("hyperparameters")
        name, target = stored.text("dataset"), stored.text("target", default="")
    except StateError as error:
        raise RunError(f"{printable(checkpoint)}: {error}") from error
    _check_known(checkpoint, data)
    dataset = _load_data(name, target, data, load)
    try:
        trainer = restore(state, dataset, available_memory)
        return ResumedRun(run_id, trainer, elapsed, data, has_checkpoint=True)
    except StateError as error:
        raise RunError(f"{printable(checkpoint)}: {error}") from error


def _id_of(config: Path) -> str:
    """Return the id in a configuration; empty where it is damaged: the checkpoint has all it has.

    Raises:
        RunError: what is there is no file of the user's own.
    """
    try:
        open_stored(config).close()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise file_error(config, error) from error
    try:
        return read_config(config).id
    except RunError:
        return ""


def _check_known(path: Path, data: DataDescription) -> None:
    """Refuse a run of which nobody could tell whether it goes on with the same data."""
    if not data.is_known:
        raise RunError(
            f"{printable(path)}: does not say which data the run was trained on,"
            " so it can be watched, but not gone on with"
        )


def _load_data(
    name: str, target: str, data: DataDescription, load: Callable[[str, str], Dataset]
) -> Dataset:
    source, target = data.path or name, data.target_path or target
    dataset = load(source, target)
    if DataDescription.of(source, target, dataset) != data:
        raise RunError(
            f"dataset {printable(source)}: has changed since the run was started,"
            " so the run cannot go on as it would have"
        )
    return dataset
