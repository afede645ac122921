"""The stopwatch: evaluations are known work, which lowers no rate and is in the time left."""

import pytest

from tests.support.scripted_worker import SPIRAL
from tui_backprop.datasets import load_dataset
from tui_backprop.session.stopwatch import Stopwatch
from tui_backprop.session.time_left import evaluations_left, seconds_left
from tui_backprop.training.trainer import Trainer


def test_an_evaluation_lowers_no_rate_and_is_counted_in_the_time_left() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    watch.start()
    watch.note(evaluating=True)
    now[0] += 10.0
    watch.note(evaluating=False)
    for iteration in range(1, 101):
        now[0] += 0.1
        assert watch.rate(iteration) == pytest.approx(10.0)
    assert watch.elapsed == pytest.approx(20.0)
    watch.note(evaluating=True)
    for _ in range(9):
        before = watch.seconds_left(100, 100, 2)
        now[0] += 1.0
        after = watch.seconds_left(100, 100, 2)
        assert before is not None
        assert after == pytest.approx(before - 1.0)
        assert watch.rate(100) == pytest.approx(10.0)
    assert watch.seconds_left(100, 100, 2) == pytest.approx(10.0 + 2 * 10.0 - 9.0)


def test_a_pause_is_no_time() -> None:
    now = [0.0]
    watch = Stopwatch(lambda: now[0])
    watch.start()
    assert watch.seconds_left(0, 10, 1) is None
    now[0] += 1.0
    watch.rate(10)
    watch.stop()
    now[0] += 50.0
    assert watch.rate(10) == pytest.approx(10.0)
    assert watch.seconds_left(10, 20, 0) == pytest.approx(2.0)


@pytest.mark.parametrize(("batch_size", "iterations"), [(30, 60), (30, 65), (300, 3), (7, 100)])
def test_the_evaluations_left_are_those_that_come(batch_size: int, iterations: int) -> None:
    settings = SPIRAL.with_value("batch_size", batch_size).with_value("iterations", iterations)
    trainer = Trainer(settings, load_dataset("spiral"))
    foretold = []
    while not trainer.finished:
        foretold.append((trainer.evaluations.seen, evaluations_left(trainer)))
        trainer.work()
    assert {seen + left for seen, left in foretold} == {trainer.evaluations.seen}
    assert evaluations_left(trainer) == 0
    watch = Stopwatch(lambda: 0.0)
    assert seconds_left(watch, trainer) is None
