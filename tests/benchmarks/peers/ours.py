"""Our trainer, driven piece by piece as the training process drives it."""

from tests.benchmarks.peers import BATCH_SIZE, LEARNING_RATE
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


class Ours:
    """Iterations alone: evaluations that fall due are made by `evaluate`, between measurements."""

    def __init__(
        self,
        data: Dataset,
        hidden: int,
        optimizer: str = "sgd",
        learning_rate: float = LEARNING_RATE,
    ) -> None:
        self.trainer = Trainer(
            Hyperparameters(
                hidden=(hidden,),
                batch_size=BATCH_SIZE,
                optimizer=optimizer,
                learning_rate=learning_rate,
                iterations=1_000_000_000,
            ),
            data,
        )
        self.evaluate()

    def evaluate(self) -> None:
        """Make the evaluation that is due, if one is."""
        while self.trainer.evaluating:
            self.trainer.work()

    def iterations_until_evaluation(self) -> int:
        """Return how many iterations fit before the next evaluation is due."""
        size = self.trainer.dataset.train_size
        return (size - self.trainer.samples_seen % size) // BATCH_SIZE

    def iterate(self, count: int) -> None:
        for _ in range(count):
            self.trainer.work()
