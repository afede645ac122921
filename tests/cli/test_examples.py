"""`--example`: nets by name, whose values are what is not given beside it."""

from unittest import mock

import pytest

from tests.cli.test_bad_options import error_line, invoke
from tui_backprop.datasets import load_dataset
from tui_backprop.settings.examples import EXAMPLES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


def _taken(*arguments: str) -> Hyperparameters:
    """Return the hyperparameters that `train` would start with."""
    with mock.patch("tui_backprop.cli.headless.train_headless", return_value=0) as train:
        result = invoke(["train", *arguments])
    assert result.exit_code == 0, result.output
    settings = train.call_args.args[0]
    assert isinstance(settings, Hyperparameters)
    return settings


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.name)
def test_an_example_is_its_values_and_the_defaults(example: object) -> None:
    name, values = example.name, example.values  # type: ignore[attr-defined]
    assert _taken("--example", name) == Hyperparameters(**values)


def test_what_is_given_beside_an_example_counts() -> None:
    for arguments in (["--seed", "5", "--example", "xor"], ["--example", "xor", "--seed", "5"]):
        settings = _taken(*arguments)
        assert settings.seed == 5
        assert settings.dataset == "xor4"


def test_list_prints_every_example_with_what_it_is() -> None:
    for command in ([], ["train"], ["step"], ["check"]):
        result = invoke([*command, "--example", "list"])
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert [line.split()[0] for line in lines] == list(EXAMPLES)
        assert all(len(line) <= 100 for line in lines)


def test_an_example_that_is_not_there_is_refused() -> None:
    line = error_line(invoke(["train", "--example", "nor"]))
    assert "'nor' is not one of" in line
    assert "'xor'" in line


def test_a_stored_run_takes_no_example(tmp_path: object) -> None:
    arguments = ["--example", "xor", "--resume", "latest", "--runs-dir", str(tmp_path)]
    assert "--example: a stored run has its own values" in error_line(invoke(arguments))
    assert "--example: cannot change for a run" in error_line(invoke(["train", *arguments]))


@pytest.mark.parametrize("name", ["xor", "neuron", "digits"])
def test_an_example_learns_within_its_iterations(name: str) -> None:
    settings = Hyperparameters(**EXAMPLES[name].values)
    trainer = Trainer(settings, load_dataset(settings.dataset))
    while not trainer.finished:
        trainer.work()
    newest = trainer.evaluations.newest
    assert newest is not None
    assert newest.test >= {"xor": 1.0, "neuron": 0.8, "digits": 0.85}[name]


def test_every_unit_of_xor_is_on_for_some_and_every_number_of_it_is_readable() -> None:
    settings = Hyperparameters(**EXAMPLES["xor"].values)
    trainer = Trainer(settings, load_dataset(settings.dataset))
    batch = trainer.next_minibatch()
    grads = trainer.net.gradient(batch.x, batch.t)
    assert sorted(batch.indices.tolist()) == [0, 1, 2, 3]
    for key in ("W1", "W2"):
        assert (abs(trainer.net.params[key]) > 0.1).all()
        assert (abs(trainer.net.params[key]) < 10).all()
        assert (grads[key] != 0).all()
