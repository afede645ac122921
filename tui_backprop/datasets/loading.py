"""From a name or a path to the reader that loads it."""

import stat
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from tui_backprop.datasets.catalog import BUILTIN
from tui_backprop.datasets.csv_columns import is_csv
from tui_backprop.datasets.csv_table import load_csv
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.datasets.errors import DatasetError
from tui_backprop.datasets.files import faults_of, file_error
from tui_backprop.datasets.idx import load_idx_folder
from tui_backprop.datasets.npz import load_npz
from tui_backprop.printable import printable
from tui_backprop.user_path import expanded


def load(name_or_path: str, target: str) -> Dataset:
    """Return the dataset of that name or path; see `tui_backprop.datasets.load_dataset`.

    Raises:
        DatasetError: whatever is wrong with the name, the path or the data, in one line.
    """
    try:
        if name_or_path in BUILTIN:
            _refuse_target(name_or_path, target)
            return _load_builtin(name_or_path)
        return _load_path(name_or_path, target)
    except MemoryError as error:
        raise DatasetError(
            f"{printable(name_or_path)}: does not fit into the memory there is"
        ) from error


def _load_builtin(name: str) -> Dataset:
    module, _, function = BUILTIN[name].loader.partition(":")
    loader: Callable[[], Dataset] = getattr(import_module(module), function)
    return loader()


def _load_path(text: str, target: str) -> Dataset:
    if not text or "\0" in text:
        raise _unknown(text)
    path = expanded(Path(text))
    with faults_of(path):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _unknown(text) from error
    if stat.S_ISREG(mode) and is_csv(path):
        return load_csv(path, printable(text), target)
    _refuse_target(text, target)
    if stat.S_ISDIR(mode):
        return load_idx_folder(path, printable(text))
    if stat.S_ISREG(mode):
        return load_npz(path, printable(text))
    raise file_error(path, "neither a folder nor a regular file")


def _unknown(text: str) -> DatasetError:
    return DatasetError(
        f"unknown dataset '{printable(text)}': neither a built-in ({', '.join(BUILTIN)}) nor the "
        "path of a folder with four IDX files, of an .npz or of a .csv file"
    )


def _refuse_target(text: str, target: str) -> None:
    if target:
        raise DatasetError(
            f"{printable(text)}: has no column '{printable(target)}'; only the target of a .csv "
            "file is chosen"
        )
