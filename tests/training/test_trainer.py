"""The trainer: the same bits however it is driven, epochs counted properly, and it learns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import SMALL, bits, finish, small_dataset, until
from tui_backprop.datasets import DatasetError, load_dataset
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import NotEnoughMemoryError
from tui_backprop.training.trainer import Trainer

DATA = small_dataset()


def test_it_is_the_books_loop() -> None:
    """Written out: draw a batch, gradient, subtract; loss of the pass that made the update."""
    settings = SMALL.with_value("dtype", "float64")
    trainer = Trainer(settings, DATA)
    net = trainer.net.astype(np.float64)
    x_train = DATA.x_train / 255.0
    for _ in range(20):
        until(trainer, trainer.iteration)
        mask = trainer.next_minibatch().indices.copy()
        loss = net.loss(x_train[mask], DATA.t_train[mask])
        for key, grad in net.gradient(x_train[mask], DATA.t_train[mask]).items():
            net.params[key] -= 0.1 * grad
        until(trainer, trainer.iteration + 1)
        assert trainer.loss == pytest.approx(loss, rel=1e-12)
    for key, param in net.params.items():
        np.testing.assert_allclose(trainer.net.params[key], param, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("sampling", ["random", "shuffle"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_seed_same_bits(sampling: str, dtype: str) -> None:
    settings = SMALL.with_value("sampling", sampling).with_value("dtype", dtype)
    first, same = (finish(Trainer(settings, DATA)) for _ in range(2))
    other = finish(Trainer(settings.with_value("seed", 4), DATA))
    assert bits(first) == bits(same) != bits(other)
    assert first.snapshot() == same.snapshot()


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["work", "peek", "snapshot", "evaluate", "net"]), max_size=60))
def test_looking_changes_no_bit(looks: list[str]) -> None:
    watched, alone = Trainer(SMALL, DATA), Trainer(SMALL, DATA)
    for look in looks:
        if look == "work":
            watched.work()
        elif look == "peek":
            watched.next_minibatch()
        elif look == "snapshot":
            watched.snapshot()
        elif look == "evaluate":
            watched.net.accuracy(DATA.x_test / np.float32(255), DATA.t_test)
        else:
            batch = watched.next_minibatch()
            watched.net.around(watched.net.params).gradient(batch.x, batch.t)
    assert bits(finish(watched)) == bits(finish(alone))
    assert watched.loss == alone.loss
    assert watched.snapshot() == alone.snapshot()


def test_the_peeked_minibatch_is_the_one_used() -> None:
    trainer = until(Trainer(SMALL, DATA), 0)
    batch = trainer.next_minibatch()
    again = trainer.next_minibatch()
    np.testing.assert_array_equal(batch.indices, again.indices)
    expected = trainer.net.around(trainer.net.params).loss(batch.x.copy(), batch.t.copy())
    np.testing.assert_array_equal(batch.t, DATA.t_train[batch.indices])
    trainer.work()
    assert trainer.loss == expected


def test_pixels_are_scaled_to_the_last_bit_or_the_one_before() -> None:
    pixels = np.arange(256, dtype=np.uint8).repeat(6).reshape(256, 6)
    every = small_dataset(256)
    data = type(every)(
        "all", pixels, every.t_train, every.x_test, every.t_test, 255.0, None, ("a", "b", "c")
    )
    for dtype in ("float32", "float64"):
        trainer = Trainer(
            SMALL.with_value("sampling", "shuffle")
            .with_value("batch_size", 256)
            .with_value("dtype", dtype),
            data,
        )
        batch = trainer.next_minibatch()
        expected = np.arange(256, dtype=dtype)[batch.indices] / np.dtype(dtype).type(255)
        np.testing.assert_array_max_ulp(batch.x, expected.repeat(6).reshape(256, 6), 1, dtype)
        assert {batch.x.min(), batch.x.max()} == {0, 1}


@pytest.mark.parametrize("sampling", ["random", "shuffle"])
@pytest.mark.parametrize(
    ("train_size", "batch_size"), [(37, 7), (40, 8), (37, 37), (37, 1), (37, 30)]
)
def test_accuracy_is_taken_first_at_each_epoch_and_last(
    sampling: str, train_size: int, batch_size: int
) -> None:
    settings = (
        SMALL.with_value("batch_size", batch_size)
        .with_value("sampling", sampling)
        .with_value("iterations", 83)
    )
    data = small_dataset(train_size)
    points = finish(Trainer(settings, data)).evaluations.points()
    # The first iteration at which each whole number of epochs has been seen.
    due = {
        -(-train_size * epoch // batch_size) for epoch in range(83 * batch_size // train_size + 1)
    }
    assert [point.iteration for point in points] == sorted(due | {83})
    assert [point.epoch for point in points] == [
        point.iteration * batch_size / train_size for point in points
    ]


def test_accuracies_are_the_nets() -> None:
    data = load_dataset("digits")
    trainer = Trainer(Hyperparameters(dataset="digits", iterations=30), data)
    while trainer.evaluating:
        trainer.work()
    x_train, x_test = (x / np.float32(data.scale) for x in (data.x_train, data.x_test))
    for _ in range(2):
        point = trainer.evaluations.points()[-1]
        assert point.train == trainer.net.accuracy(x_train, data.t_train)
        assert point.test == trainer.net.accuracy(x_test, data.t_test)
        finish(trainer)
    assert trainer.evaluations.points()[-1].iteration == 30


@pytest.mark.parametrize("hidden", [(50,), (30, 20)])
def test_digits_are_learned(hidden: tuple[int, ...]) -> None:
    settings = Hyperparameters(
        dataset="digits", hidden=hidden, weight_std=0.1, learning_rate=0.5, iterations=1500
    )
    last = finish(Trainer(settings, load_dataset("digits"))).evaluations.points()[-1]
    assert last.train > 0.99
    assert last.test > 0.94


def test_live_changes_take_effect_and_the_rest_waits() -> None:
    trainer = until(Trainer(SMALL, DATA), 10)
    wanted = Hyperparameters(
        dataset="small",
        hidden=(9,),
        seed=77,
        weight_std=1.0,
        dtype="float64",
        sampling="shuffle",
        learning_rate=0.0,
        batch_size=11,
        iterations=20,
    )
    trainer.apply_live(wanted)
    assert trainer.hyperparameters == SMALL.live_part_of(wanted)
    assert trainer.hyperparameters.hidden == (5,)
    before = bits(trainer)
    assert trainer.next_minibatch().x.shape == (11, 6)
    finish(trainer)
    assert trainer.iteration == 20
    assert trainer.samples_seen == 10 * 7 + 10 * 11
    assert bits(trainer) == before


def test_a_finished_run_stays_finished_until_more_is_planned() -> None:
    trainer = finish(Trainer(SMALL, DATA))
    before = bits(trainer)
    trainer.work()
    assert trainer.iteration == 60
    assert bits(trainer) == before
    trainer.apply_live(SMALL.with_value("iterations", 90))
    assert bits(finish(trainer)) == bits(finish(Trainer(SMALL.with_value("iterations", 90), DATA)))
    assert trainer.evaluations.points()[-1].iteration == 90


@pytest.mark.parametrize("end", [24, 10])
def test_a_run_that_is_told_to_end_here_is_evaluated_here(end: int) -> None:
    trainer = until(Trainer(SMALL, DATA), 24)
    assert trainer.evaluations.points()[-1].iteration < 24
    trainer.apply_live(SMALL.with_value("iterations", end))
    assert not trainer.finished
    finish(trainer)
    assert trainer.finished
    assert trainer.iteration == trainer.evaluations.points()[-1].iteration == 24
    assert trainer.evaluations.points()[:-1] == until(Trainer(SMALL, DATA), 24).evaluations.points()
    seen = trainer.evaluations.seen
    trainer.apply_live(SMALL.with_value("iterations", end - 1))
    assert trainer.finished
    assert trainer.evaluations.seen == seen, "once is enough"


def test_a_larger_minibatch_must_fit_the_memory() -> None:
    trainer = until(Trainer(SMALL, DATA), 5)
    larger = SMALL.with_value("batch_size", 30)
    with pytest.raises(NotEnoughMemoryError, match="batch size 30: this net would need about"):
        trainer.apply_live(larger, available_memory=1000)
    assert trainer.hyperparameters == SMALL
    trainer.apply_live(SMALL.with_value("learning_rate", 0.3), available_memory=1000)
    trainer.apply_live(larger, available_memory=10**9)
    assert trainer.hyperparameters == larger


def test_a_batch_must_fit_the_training_set() -> None:
    with pytest.raises(
        DatasetError, match="batch size 38: must be at most the 37 training samples"
    ):
        Trainer(SMALL.with_value("batch_size", 38), DATA)
    trainer = until(Trainer(SMALL, DATA), 5)
    with pytest.raises(DatasetError, match="batch size 38"):
        trainer.apply_live(SMALL.with_value("batch_size", 38).with_value("learning_rate", 9.0))
    assert trainer.hyperparameters == SMALL
    assert trainer.optimizer.lr == SMALL.learning_rate


def test_the_first_snapshot_says_nothing_of_gradients() -> None:
    snapshot = Trainer(SMALL, DATA).snapshot()
    assert snapshot.loss is None
    assert snapshot.evaluating
    assert not snapshot.finished
    assert (snapshot.net_title, snapshot.train_size, snapshot.test_size) == ("6-5-3", 37, 11)
    assert [row.layer for row in snapshot.views["layers"]] == [
        "Affine1",
        "Affine1",
        "Relu1",
        "Affine2",
        "Affine2",
    ]
    assert {row.verdict for row in snapshot.views["layers"]} == {""}


def test_snapshots_stay_as_they_were_taken() -> None:
    trainer = until(Trainer(SMALL, DATA), 10)
    first, twin = trainer.snapshot(), trainer.snapshot()
    finish(trainer)
    assert first == twin != trainer.snapshot()
    assert len(first.views["loss_curve"].mean) == 10
