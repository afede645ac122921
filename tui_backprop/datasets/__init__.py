"""Datasets by name or path. Importing this package imports no NumPy; loading a dataset does."""

from typing import TYPE_CHECKING

from tui_backprop.datasets.catalog import BUILTIN
from tui_backprop.datasets.errors import DatasetError

if TYPE_CHECKING:
    from tui_backprop.datasets.dataset import Dataset

__all__ = ["BUILTIN", "DatasetError", "load_dataset"]


def load_dataset(name_or_path: str) -> "Dataset":
    """Return the built-in dataset of that name, or the one that lies at that path.

    A path is a folder with the four IDX files (see `datasets.idx`) or an `.npz` file (see
    `datasets.npz`). A built-in name wins over a file of the same name; `./mnist` is the file.

    Raises:
        DatasetError: whatever is wrong with the name, the path or the data, in one line.
    """
    from tui_backprop.datasets.loading import load

    return load(name_or_path)
