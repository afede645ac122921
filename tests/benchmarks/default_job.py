"""The whole default job, 10,000 iterations and all accuracies, beside the book's script."""

import time

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.peers.book import Book
from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

ROUNDS = 3
"""Each takes a good half minute, and a long run averages much of the noise by itself."""


def measure(rounds: int) -> list[Row]:
    """Return seconds of both, and the book's over ours."""
    data = load_dataset("mnist")
    settings = Hyperparameters()
    results: dict[str, tuple[float, float]] = {}
    evaluated_at: set[int] = set()

    def ours() -> float:
        start = time.perf_counter()
        trainer = Trainer(settings, data)
        while not trainer.finished:
            trainer.work()
        seconds = time.perf_counter() - start
        points = trainer.evaluations.points()
        evaluated_at.update(point.iteration for point in points)
        results["ours"] = (points[-1].train, points[-1].test)
        return seconds

    def book() -> float:
        script = Book(data, settings.hidden[0])
        start = time.perf_counter()
        script.run_script(settings.iterations, lambda made: made in evaluated_at)
        seconds = time.perf_counter() - start
        results["book"] = script.evaluations[-1]
        return seconds

    rounds = min(rounds, ROUNDS)
    samples = interleaved({"ours": ours, "book": book}, rounds)
    accuracies = ", ".join(
        f"{name} {train:.4f} / {test:.4f}" for name, (train, test) in sorted(results.items())
    )
    return [
        Row(
            f"the whole default job, against the book's script ({rounds} rounds; train / test"
            f" accuracy: {accuracies})",
            samples["ours"],
            " s",
            samples["book"],
            ratios(samples, "book", "ours"),
            compared=True,
            goal=4.0,
        )
    ]
