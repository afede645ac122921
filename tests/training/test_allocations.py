"""Memory of an iteration: its big arrays are allocated once, and nothing is left behind."""

import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def trainer_of_the_books_size() -> Trainer:
    rng = np.random.default_rng(0)
    x, t = rng.integers(0, 256, (5000, 784), dtype=np.uint8), rng.integers(0, 10, 5000)
    data = Dataset("noise", x, t, x[:100], t[:100], 255.0, None, tuple("abcdefghij"))
    trainer = Trainer(Hyperparameters(), data)
    while trainer.iteration < 20 or trainer.evaluating:
        trainer.work()
    return trainer


def peak_of(action: Callable[[], object]) -> int:
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    action()
    return tracemalloc.get_traced_memory()[1] - before


@pytest.mark.usefixtures("traced")
def test_an_iteration_allocates_nothing_as_large_as_its_batch_or_its_weights() -> None:
    trainer = trainer_of_the_books_size()
    hidden_activations = 100 * 50 * 4
    peaks = []
    for _ in range(20):
        peaks.append(peak_of(trainer.work))
        assert not trainer.evaluating
    # Affine1 and Relu1 replace their outputs while the last pass's are still held; W1 alone is 7.8
    # times as large as one of them, the batch 15.7 times.
    assert max(peaks) < 5 * hidden_activations


@pytest.mark.usefixtures("traced")
def test_a_long_run_leaves_nothing_behind() -> None:
    trainer = trainer_of_the_books_size()
    for _ in range(300):
        trainer.work()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(600):
        trainer.work()
    assert tracemalloc.get_traced_memory()[0] - before < 50_000


@pytest.mark.usefixtures("traced")
def test_a_piece_of_an_evaluation_is_a_thousand_samples_at_most() -> None:
    trainer = trainer_of_the_books_size()
    while not trainer.evaluating:
        trainer.work()
    while trainer.evaluating:
        assert peak_of(trainer.work) < 4 * 1000 * 50 * 4


@pytest.mark.usefixtures("traced")
def test_a_snapshot_copies_no_parameter() -> None:
    trainer = trainer_of_the_books_size()
    assert peak_of(trainer.snapshot) < 784 * 50 * 4
