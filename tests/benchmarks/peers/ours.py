"""Our trainer, driven piece by piece as the training process drives it."""

from dataclasses import replace

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


class Ours:
    """Iterations alone: evaluations that fall due are made by `evaluate`, between measurements."""

    def __init__(self, data: Dataset, settings: Hyperparameters) -> None:
        self.trainer = Trainer(replace(settings, iterations=1_000_000_000), data)
        self.evaluate()

    def evaluate(self) -> None:
        """Make the evaluation that is due, if one is."""
        while self.trainer.evaluating:
            self.trainer.work()

    def iterations_until_evaluation(self) -> int:
        """Return how many iterations fit before the next evaluation is due."""
        size = self.trainer.dataset.train_size
        return (size - self.trainer.samples_seen % size) // self.trainer.hyperparameters.batch_size

    def iterate(self, count: int) -> None:
        for _ in range(count):
            self.trainer.work()
