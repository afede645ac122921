"""Two classes by one output: trained, scored, stepped, and refused where it cannot be."""

import numpy as np
import pytest

from tests.training.runs import finish, small_dataset
from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer
from tui_backprop.walkthrough.trace import trace
from tui_backprop.walkthrough.transcript import markdown_transcript

MOONS = Hyperparameters(
    dataset="moons",
    hidden=(20,),
    weight_std=0.5,
    optimizer="adam",
    learning_rate=0.02,
    batch_size=30,
    iterations=600,
    activation="tanh",
    binary="on",
)


def test_one_output_learns_the_moons() -> None:
    trainer = finish(Trainer(MOONS, load_dataset("moons")))
    assert trainer.net.params["W2"].shape == (20, 1)
    newest = trainer.evaluations.newest
    assert newest is not None
    assert newest.train > 0.95
    assert newest.test > 0.95


def test_it_scores_as_two_outputs_would() -> None:
    data = load_dataset("moons")
    trainer = finish(Trainer(MOONS, data))
    guesses = trainer.net.predict(data.x_test.astype(np.float32))[:, 0] > 0
    newest = trainer.evaluations.newest
    assert newest is not None
    assert newest.test == np.mean(guesses == data.t_test)


def test_a_step_tells_the_probability_of_both_classes() -> None:
    trainer = Trainer(MOONS, load_dataset("moons"))
    batch = trainer.next_minibatch()
    tape = trace(trainer.net, trainer.optimizer, batch.x, batch.t)
    assert tape.predictions is not None
    assert tape.predictions.shape == (30, 2)
    np.testing.assert_allclose(tape.predictions.sum(axis=1), 1)
    assert any(line.startswith("| 0 | ") for line in markdown_transcript(tape))


@pytest.mark.parametrize(
    ("dataset", "found"), [("small", "small has 3 classes"), ("sine", "sine has numbers")]
)
def test_other_than_two_classes_are_refused_in_one_line(dataset: str, found: str) -> None:
    data = small_dataset() if dataset == "small" else load_dataset(dataset)
    with pytest.raises(DatasetError, match=f"binary: {found}.*must have 2 classes"):
        Trainer(MOONS, data)
