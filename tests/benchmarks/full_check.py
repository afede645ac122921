"""The check of every gradient of 784-50-10 beside the book's way, one entry at a time."""

import time

import numpy as np

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.nn import MultiLayerNet, numerical_gradient
from tui_backprop.walkthrough.full_check import CheckOutcome, check_all

SAMPLES = 10
ROUNDS = 5


def measure(rounds: int) -> list[Row]:
    """Return seconds of both over the same minibatch, and theirs over ours."""
    data = load_dataset("mnist")
    x, t = data.x_train[:SAMPLES] / np.float64(data.scale), data.t_train[:SAMPLES]
    net = MultiLayerNet(784, (50,), 10, rng=np.random.default_rng(0), dtype="float64")

    def ours() -> float:
        start = time.perf_counter()
        assert check_all(net, x, t).outcome is CheckOutcome.RIGHT
        return time.perf_counter() - start

    def one_by_one() -> float:
        start = time.perf_counter()
        for param in net.params.values():
            numerical_gradient(lambda _: net.loss(x, t), param)
        return time.perf_counter() - start

    rounds = min(rounds, ROUNDS)
    samples = interleaved({"ours": ours, "one by one": one_by_one}, rounds)
    entries = sum(param.size for param in net.params.values())
    return [
        Row(
            f"all {entries:,} gradients checked, {SAMPLES} samples, against one entry at a time"
            f" ({rounds} rounds)",
            samples["ours"],
            " s",
            samples["one by one"],
            ratios(samples, "one by one", "ours"),
            compared=True,
        )
    ]
