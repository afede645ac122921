"""Training iterations per second of 784-50-10, with SGD and Adam, and 784-256-10; batch 100."""

import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.peers import ADAM_LEARNING_RATE, Peer
from tests.benchmarks.peers.book import Book
from tests.benchmarks.peers.floor import Floor
from tests.benchmarks.peers.ours import Ours
from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset

ITERATIONS = {50: 300, 256: 100}
"""Hidden units, and how many iterations are timed at a time."""

GOALS = {
    50: {"the book's loop": 3.5, "PyTorch": 1.6, "scikit-learn": 1.4},
    256: {"the book's loop": 4.0},
}
SHARES_OF_THE_FLOOR = {50: 0.65, 256: 0.85}
INSTALLED_APART = {
    "PyTorch": ("torch", "pytorch", "PyTorch"),
    "scikit-learn": ("sklearn", "scikit_learn", "ScikitLearn"),
    "JAX, a compiled step": ("jax", "jax_compiled", "JaxStep"),
    "JAX, one compiled loop that nobody can watch": ("jax", "jax_compiled", "JaxScan"),
}
"""Peers of the bench extra: the package each needs, its module here, its class."""


def measure(rounds: int) -> list[Row]:
    """Return iterations/s of ours and of each contender, and ours over theirs."""
    data = load_dataset("mnist")
    rows = [row for hidden in ITERATIONS for row in _of_one_size(data, hidden, rounds)]
    return [*rows, _with_adam(data, rounds)]


def _with_adam(data: Dataset, rounds: int) -> Row:
    hidden, name = 50, "PyTorch"
    count = ITERATIONS[hidden]
    ours = Ours(data, hidden, "adam", ADAM_LEARNING_RATE)
    contenders: dict[str, Callable[[], float]] = {"ours": lambda: _ours_timed(ours, count)}
    wanted = {name: ("torch", "pytorch", "PyTorchAdam")}
    for peer in _installed_peers(wanted, data, hidden).values():
        contenders[name] = lambda peer=peer: _rate(peer, count)  # type: ignore[misc]
    samples = interleaved(contenders, rounds)
    return Row(
        f"training 784-{hidden}-10 with Adam, against {name}",
        samples["ours"],
        " it/s",
        samples.get(name, ()),
        ratios(samples, "ours", name),
        compared=True,
        goal=1.6,
    )


def _of_one_size(data: Dataset, hidden: int, rounds: int) -> list[Row]:
    count = ITERATIONS[hidden]
    ours = Ours(data, hidden)
    peers: dict[str, Peer] = {
        "the book's loop": Book(data, hidden),
        "the floor": Floor(data, hidden),
    }
    peers |= _installed_peers(INSTALLED_APART, data, hidden)
    contenders: dict[str, Callable[[], float]] = {"ours": lambda: _ours_timed(ours, count)}
    for name, peer in peers.items():
        contenders[name] = lambda peer=peer: _rate(peer, count)  # type: ignore[misc]
    samples = interleaved(contenders, rounds)

    goals = {**GOALS[hidden], "the floor": SHARES_OF_THE_FLOOR[hidden]}
    return [
        Row(
            f"training 784-{hidden}-10, against {name}",
            samples["ours"],
            " it/s",
            samples.get(name, ()),
            ratios(samples, "ours", name),
            compared=True,
            goal=goals.get(name),
        )
        for name in ("the book's loop", *INSTALLED_APART, "the floor")
    ]


def _ours_timed(ours: Ours, count: int) -> float:
    """Return our rate over iterations without an evaluation between them."""
    if ours.iterations_until_evaluation() < count:
        ours.iterate(ours.iterations_until_evaluation())
        ours.evaluate()
    return _rate(ours, count)


def _installed_peers(
    wanted: Mapping[str, tuple[str, str, str]], data: Dataset, hidden: int
) -> dict[str, Peer]:
    found: dict[str, Peer] = {}
    for name, (package, module, kind) in wanted.items():
        if importlib.util.find_spec(package) is not None:
            peer = importlib.import_module(f"tests.benchmarks.peers.{module}")
            found[name] = getattr(peer, kind)(data, hidden)
    return found


def _rate(peer: Peer, count: int) -> float:
    start = time.perf_counter()
    peer.iterate(count)
    return count / (time.perf_counter() - start)
