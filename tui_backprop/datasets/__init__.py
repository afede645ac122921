"""Datasets by name or path. Importing this package imports no NumPy; loading a dataset does."""

from typing import TYPE_CHECKING

from tui_backprop.datasets.catalog import BUILTIN
from tui_backprop.datasets.errors import DatasetError

if TYPE_CHECKING:
    from tui_backprop.datasets.dataset import Dataset

__all__ = ["BUILTIN", "DatasetError", "load_dataset"]


def load_dataset(name_or_path: str, target: str = "") -> "Dataset":
    """Return the built-in dataset of that name, or the one that lies at that path.

    A path is a folder with the four IDX files (see `datasets.idx`), an `.npz` file (see
    `datasets.npz`) or a `.csv` file (see `datasets.csv_table`). A built-in name wins over a file
    of the same name; `./mnist` is the file.

    Args:
        name_or_path: the name or path.
        target: of a `.csv` file, the name or number of the column that is to be learned, or the
            path of another that holds it; empty: the last one, and the only choice for all else.

    Raises:
        DatasetError: whatever is wrong with the name, the path or the data, in one line.
    """
    from tui_backprop.datasets.loading import load

    return load(name_or_path, target)
