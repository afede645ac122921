"""Makes new trainers for a worker, and keeps the data set that the next one may need again."""

from tui_backprop.datasets import BUILTIN, DatasetError, load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import NotEnoughMemoryError, available_memory
from tui_backprop.training.trainer import Trainer


class RefusedError(ValueError):
    """A trainer cannot be made; `field` is the hyperparameter to blame."""

    def __init__(self, field: str, error: Exception) -> None:
        self.field = field
        super().__init__(str(error))


class TrainerLoader:
    """Loads data sets, the same one only once."""

    def __init__(self) -> None:
        self._dataset: Dataset | None = None

    def load(self, name: str, target: str = "") -> Dataset:
        """Return the data set of this name or path; `target` is the column of a table to learn.

        Raises:
            DatasetError: it cannot be loaded.
        """
        # Users' own files may have changed since; the built-in sets cannot.
        if target or self._dataset is None or self._dataset.name != name or name not in BUILTIN:
            self._dataset = load_dataset(name, target)
        return self._dataset

    def new(self, hyperparameters: Hyperparameters) -> Trainer:
        """Return a new trainer.

        Raises:
            RefusedError: its data set cannot be loaded, or it does not fit the data or the memory.
        """
        try:
            dataset = self.load(hyperparameters.dataset, hyperparameters.target)
        except DatasetError as error:
            raise RefusedError("dataset", error) from error
        try:
            return Trainer(hyperparameters, dataset, available_memory())
        except DatasetError as error:
            raise RefusedError("batch_size", error) from error
        except NotEnoughMemoryError as error:
            raise RefusedError(error.field, error) from error
