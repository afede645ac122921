"""A trainer stopped anywhere, stored and restored ends where an uninterrupted one does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.runs import SMALL, bits, finish, small_dataset, until
from tui_backprop.runs.format.checkpoint import Checkpoint
from tui_backprop.runs.format.plain_values import StateError
from tui_backprop.runs.trainer_state import capture, restore
from tui_backprop.settings.catalogue import ACTIVATIONS, INITIALIZERS, OPTIMIZERS, SCHEDULES
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer

DATASET = small_dataset()

Change = tuple[int, dict[str, Any]]

changes = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.fixed_dictionaries(
            {},
            optional={
                "learning_rate": st.sampled_from([0.0, 0.01, 0.5]),
                "batch_size": st.integers(1, 37),
                "iterations": st.integers(1, 120),
            },
        ),
    ),
    max_size=3,
)
settings = st.builds(
    replace,
    st.just(SMALL),
    sampling=st.sampled_from(["random", "shuffle"]),
    dtype=st.sampled_from(["float32", "float64"]),
    hidden=st.sampled_from([(5,), (4, 3)]),
    iterations=st.integers(1, 120),
    activation=st.sampled_from([entry.name for entry in ACTIVATIONS]),
    batch_norm=st.sampled_from(["off", "on"]),
    dropout=st.sampled_from([0.0, 0.4]),
    optimizer=st.sampled_from([entry.name for entry in OPTIMIZERS]),
    init=st.sampled_from([entry.name for entry in INITIALIZERS]),
    schedule=st.sampled_from([entry.name for entry in SCHEDULES]),
    step_every=st.just(20),
    warmup=st.sampled_from([0, 30]),
    weight_decay=st.sampled_from([0.0, 0.01]),
    clip=st.sampled_from([0.0, 0.1]),
)


def copied(state: Checkpoint) -> Checkpoint:
    """Return the state as it comes back from a file."""
    return Checkpoint(
        {name: array.copy() for name, array in state.arrays.items()},
        json.loads(json.dumps(state.values, allow_nan=False)),
    )


def everything(trainer: Trainer) -> tuple[object, ...]:
    run = trainer.snapshot()
    state = {name: part.tobytes() for name, part in capture(trainer).arrays.items()}
    return (
        bits(trainer),
        state,
        run.views["loss_curve"],
        run.views["evaluations"],
        run.iteration,
        run.epoch,
        run.loss,
    )


def drive(trainer: Trainer, changes: list[Change], stop_at: set[int]) -> Trainer:
    """Train to the end, storing and restoring before the pieces of work in `stop_at`."""
    pending = sorted(changes, key=lambda change: change[0])
    piece = 0
    while not trainer.finished:
        if piece in stop_at:
            trainer = restore(copied(capture(trainer)), trainer.dataset)
        while pending and pending[0][0] <= trainer.iteration:
            _, values = pending.pop(0)
            trainer.apply_live(replace(trainer.hyperparameters, **values))
        trainer.work()
        piece += 1
    return trainer


@given(settings, changes, st.sets(st.integers(0, 150), min_size=1, max_size=4))
def test_interrupted_equals_uninterrupted(
    hyperparameters: Hyperparameters, changes: list[Change], stops: set[int]
) -> None:
    straight = drive(Trainer(hyperparameters, DATASET), changes, set())
    interrupted = drive(Trainer(hyperparameters, DATASET), changes, stops)
    assert everything(interrupted) == everything(straight)


@pytest.mark.parametrize("sampling", ["random", "shuffle"])
def test_a_long_run_beyond_one_block_of_samples_and_all_accuracies_kept(sampling: str) -> None:
    long = replace(SMALL, iterations=4000, sampling=sampling)
    straight = finish(Trainer(long, DATASET))
    assert straight.evaluations.seen > 512
    interrupted = drive(Trainer(long, DATASET), [], {1, 900, 2100, 2101, 3500})
    assert everything(interrupted) == everything(straight)


def test_looking_ahead_is_not_part_of_the_state() -> None:
    trainer = Trainer(SMALL, DATASET)
    for _ in range(9):
        trainer.work()
    before = copied(capture(trainer))
    trainer.next_minibatch()
    restored = restore(before, DATASET)
    expected = trainer.next_minibatch().indices.tolist()
    assert restored.next_minibatch().indices.tolist() == expected


def test_the_gradient_table_is_shown_as_it_was() -> None:
    trainer = finish(Trainer(SMALL, DATASET))
    rows = trainer.layer_rows()
    restored = restore(copied(capture(trainer)), DATASET)
    assert restored.layer_rows() == rows
    restored.apply_live(replace(SMALL, iterations=70))
    restored.work()
    trainer.apply_live(replace(SMALL, iterations=70))
    trainer.work()
    assert restored.layer_rows() == trainer.layer_rows() != rows


def test_a_stopped_run_stays_stopped_and_says_why() -> None:
    trainer = finish(
        Trainer(replace(SMALL, hidden=(5, 5, 5, 5), weight_std=100.0, learning_rate=1e6), DATASET)
    )
    assert trainer.non_finite is not None
    restored = restore(copied(capture(trainer)), DATASET)
    assert restored.non_finite == trainer.non_finite
    restored.work()
    assert restored.iteration == trainer.iteration


def test_capturing_changes_nothing() -> None:
    watched = Trainer(SMALL, DATASET)
    while not watched.finished:
        capture(watched)
        watched.work()
    assert everything(watched) == everything(finish(Trainer(SMALL, DATASET)))


Damage = Callable[[Checkpoint], object]


def set_value(*path: str, to: object) -> Damage:
    def damage(state: Checkpoint) -> None:
        values: Any = state.values
        for name in path[:-1]:
            values = values[name]
        values[path[-1]] = to

    return damage


def set_array(name: str, to: np.ndarray) -> Damage:
    return lambda state: state.arrays.__setitem__(name, to)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (set_value("iteration", to=-1), "iteration is another, expected a whole number from 0"),
        (set_value("iteration", to=10**5000), "iteration is another"),
        (set_value("iteration", to=True), "iteration is True"),
        (set_value("loss", to="\x1b[2J"), r"loss is \x1b[2J, expected a finite number"),
        (set_value("loss", to=float("nan")), "loss is nan"),
        (set_value("evaluating", to=1), "evaluating is another, expected true or false"),
        (set_value("samples", to=[]), "samples is no table of named values"),
        (set_value("samples", "state", to="9" * 100), "decimal digits of a 128-bit number"),
        (set_value("samples", "state", to="٣"), "decimal digits of a 128-bit number"),
        (set_value("samples", "position", to=10**9), "samples.position is another"),
        (set_value("samples", "generator", to="MT19937"), "expected PCG64"),
        (set_value("accuracies", "every", to=3), "points are not every 3th of"),
        (set_value("accuracies", "seen", to=2**60), "are not every 1th of"),
        (set_value("hyperparameters", "hidden", to=[6]), "params/W1 is float32 (6, 5), expected"),
        (
            set_value("hyperparameters", "hidden", to=[5, 5]),
            "lacks arrays that its net has: params/W3",
        ),
        (set_value("hyperparameters", "seed", to="x"), "seed 'x': must be a whole number"),
        (set_value("layers", to={}), "layers is another, expected a list"),
        (set_value("layers", to=[{"layer": "A", "units": -1}]), "units is another, expected"),
        (set_array("params/W1", np.zeros((6, 5))), "params/W1 is float64 (6, 5), expected float32"),
        (set_array("losses/head", np.array([3.0, 1.0])), "buckets of 3 and 1 values"),
        (set_array("losses/head", np.array([np.nan, 1.0])), "a curve has buckets of nan"),
        (set_array("losses/head", np.array([np.inf, 1.0])), "a curve has buckets of inf"),
        (set_array("losses/head", np.array([1.0, np.nan])), "buckets of 1 and nan values"),
        (set_array("losses/head", np.array([1.0, 1e300])), "a curve has buckets of 1 and 1e+300"),
        (set_array("losses/mean", np.full(1024, np.nan)), "a curve has values that are not finite"),
        (set_array("accuracies", np.full((3, 4), np.nan)), "points are not every"),
        (lambda state: state.arrays.pop("params/b2"), "lacks arrays that its net has: params/b2"),
        (lambda state: state.values.pop("iteration"), "iteration is missing"),
        (lambda state: state.values.pop("samples"), "samples.generator is missing"),
    ],
)
def test_a_state_that_no_trainer_has_is_refused(damage: Damage, fault: str) -> None:
    trainer = Trainer(SMALL, DATASET)
    for _ in range(20):
        trainer.work()
    state = copied(capture(trainer))
    damage(state)
    with pytest.raises(StateError) as caught:
        restore(state, DATASET)
    assert fault in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_state_of_another_data_set_is_refused() -> None:
    state = copied(capture(finish(Trainer(SMALL, DATASET))))
    other = replace(
        DATASET,
        x_train=DATASET.x_train[:, :4],
        x_test=DATASET.x_test[:, :4],
        image_shape=None,
    )
    with pytest.raises(StateError, match=r"params/W1 is float32 \(6, 5\), expected"):
        restore(state, other)


def test_what_is_not_known_is_ignored_and_what_is_missing_has_its_default() -> None:
    trainer = until(Trainer(SMALL, DATASET), 20)
    state = copied(capture(trainer))
    state.values["mood"] = {"of": ["the", "trainer"]}
    state.values["hyperparameters"]["momentum_of_next_year"] = 0.9
    state.arrays["optimizer/W1/next"] = np.zeros(3)
    state.arrays["more"] = np.zeros((2, 2), np.complex64)
    for name in ("layers", "evaluating", "non_finite", "loss"):
        del state.values[name]
    for name in ("activation", "batch_norm", "dropout"):
        del state.values["hyperparameters"][name]
    restored = restore(state, DATASET)
    assert bits(finish(restored)) == bits(finish(trainer))
    assert restored.evaluations.points() == trainer.evaluations.points()


def test_a_word_of_another_program_says_nothing() -> None:
    state = copied(capture(until(Trainer(SMALL, DATASET), 20)))
    state.values["layers"][0]["verdict"] = "sulking"
    restored = restore(state, DATASET)
    assert restored.layer_rows()[0].verdict == ""


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_what_an_optimizer_keeps_is_part_of_the_state(optimizer: str) -> None:
    settings = replace(SMALL, optimizer=optimizer, learning_rate=0.01)
    straight = finish(Trainer(settings, DATASET))
    state = copied(capture(until(Trainer(settings, DATASET), 20)))
    assert bits(finish(restore(state, DATASET))) == bits(straight)
    name = next(name for name in state.arrays if name.startswith("optimizer/"))
    del state.arrays[name]
    with pytest.raises(StateError, match=f"lacks arrays that its net has: {name}"):
        restore(state, DATASET)


def test_what_layers_keep_is_part_of_the_state() -> None:
    settings = SMALL.with_values(batch_norm="on", dropout=0.2)
    straight = finish(Trainer(settings, DATASET))
    state = copied(capture(until(Trainer(settings, DATASET), 20)))
    restored = finish(restore(state, DATASET))
    assert bits(restored) == bits(straight)
    assert restored.evaluations.points() == straight.evaluations.points()
