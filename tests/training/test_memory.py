"""What a run needs is estimated before it is allocated, and refused where it is not there."""

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.training.runs import SMALL, small_dataset
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.nn.blueprint import Blueprint
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.memory import (
    NotEnoughMemoryError,
    available_memory,
    batch_bytes,
    check_memory,
    parameter_bytes,
)
from tui_backprop.training.net_building import blueprint_of
from tui_backprop.training.trainer import Trainer


def plan(hidden: tuple[int, ...], **settings: Any) -> Blueprint:
    return blueprint_of(Hyperparameters(hidden=hidden, **settings), load_dataset("mnist"))


def test_the_book_net_has_so_many_parameters() -> None:
    assert plan((50,)).parameter_count == 784 * 50 + 50 + 50 * 10 + 10
    normalized = plan((50,), batch_norm="on", dropout=0.5)
    assert normalized.parameter_count == 784 * 50 + 50 + 2 * 50 + 50 * 10 + 10


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("hidden", "batch_size", "more"),
    [
        ((1500,), 10, {}),
        ((500, 700, 300), 10, {}),
        ((40,), 3000, {}),
        ((1500,), 10, {"optimizer": "adam"}),
        ((1,), 300, {"layers": "conv 20 5x5, relu, pool 2, affine 100, relu, affine 10"}),
        ((1,), 300, {"layers": "conv 8 3x3 pad 1, relu, conv 8 3x3, mean_pool 2, affine 10"}),
        ((300,), 3000, {"batch_norm": "on", "dropout": 0.5, "activation": "sigmoid"}),
    ],
)
def test_the_estimate_is_near_what_training_takes(
    dtype: str, hidden: tuple[int, ...], batch_size: int, more: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (4000, 600), np.uint8)
    t = rng.integers(0, 10, 4000)
    data = Dataset("wide", x, t, x[:50], t[:50], 255.0, (20, 30), tuple("0123456789"))
    settings = replace(
        SMALL, hidden=hidden, batch_size=batch_size, dtype=dtype, iterations=2, **more
    )
    tracemalloc.start()
    try:
        trainer = Trainer(settings, data)
        while not trainer.finished:
            trainer.work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    blueprint = trainer.net.blueprint
    estimate = parameter_bytes(blueprint, settings) + batch_bytes(blueprint, settings)
    assert 0.6 * estimate < peak < 1.3 * estimate


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"hidden": (10_000,) * 20}, "hidden", "20 hidden layers: 1,9"),
        ({"hidden": (10_000, 10_000)}, "hidden", "hidden units 10000,10000: 107,960,010 param"),
        ({"batch_size": 100_000}, "batch_size", "batch size 100,000: this net would need about"),
    ],
)
def test_too_much_is_refused_with_the_estimate(
    changes: dict[str, object], field: str, text: str
) -> None:
    settings = replace(SMALL, **changes)  # type: ignore[arg-type]
    with pytest.raises(NotEnoughMemoryError) as caught:
        check_memory(settings, plan(settings.hidden), 4 * 10**8)
    assert caught.value.field == field
    assert str(caught.value).startswith(text)
    assert str(caught.value).endswith("of memory, but 0.4 GB are free")
    check_memory(settings, plan(settings.hidden), 10**12)
    check_memory(settings, plan(settings.hidden), None)


def test_nothing_is_allocated_for_a_net_that_does_not_fit() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotEnoughMemoryError):
            Trainer(replace(SMALL, hidden=(10_000,) * 20), small_dataset(), 10**9)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10**6


def test_this_machine_has_some_memory() -> None:
    available = available_memory()
    assert available is None or 2**20 < available < 2**50
