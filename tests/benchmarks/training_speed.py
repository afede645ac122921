"""Training iterations per second: 784-50-10, with SGD and Adam, 784-256-10, the book's convnet."""

import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.peers import ADAM_LEARNING_RATE, BATCH_SIZE, LEARNING_RATE, Peer
from tests.benchmarks.peers.book import Book
from tests.benchmarks.peers.book_convnet import BookConvNet
from tests.benchmarks.peers.floor import Floor
from tests.benchmarks.peers.ours import Ours
from tests.benchmarks.table import Row
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.settings.hyperparameters import Hyperparameters

Make = Callable[[Dataset], Peer]

PLAIN = Hyperparameters(batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE)
ADAM = Hyperparameters(
    batch_size=BATCH_SIZE, optimizer="adam", learning_rate=ADAM_LEARNING_RATE, hidden=(50,)
)
SIMPLE_CONV_NET = ADAM.with_value(
    "layers", "conv 30 5x5, relu, pool 2, affine 100, relu, affine 10"
)


@dataclass(frozen=True)
class Race:
    """One net, trained by us and by others in turns.

    `count` iterations are timed at a time. A peer is None where it is not installed; `goals` are
    what ours over theirs is to reach.
    """

    title: str
    settings: Hyperparameters
    count: int
    peers: Mapping[str, Make | None]
    goals: Mapping[str, float]

    def rows(self, data: Dataset, rounds: int) -> list[Row]:
        """Return our iterations/s, each peer's, and ours over theirs."""
        ours = Ours(data, self.settings)
        contenders = {"ours": partial(_ours_timed, ours, self.count)}
        for name, make in self.peers.items():
            if make is not None:
                contenders[name] = partial(_rate, make(data), self.count)
        samples = interleaved(contenders, rounds)
        return [
            Row(
                f"training {self.title}, against {name}",
                samples["ours"],
                " it/s",
                samples.get(name, ()),
                ratios(samples, "ours", name),
                compared=True,
                goal=self.goals.get(name),
            )
            for name in self.peers
        ]


def races() -> list[Race]:
    """Return all that are run."""
    return [
        _plain(50, 300, {"the book's loop": 3.5, "PyTorch": 1.6, "scikit-learn": 1.4}, 0.65),
        _plain(256, 100, {"the book's loop": 4.0}, 0.85),
        Race(
            "784-50-10 with Adam",
            ADAM,
            300,
            {"PyTorch": _installed("torch", "pytorch", "PyTorchAdam", 50)},
            {"PyTorch": 1.6},
        ),
        Race(
            "the book's SimpleConvNet with Adam",
            SIMPLE_CONV_NET,
            20,
            {
                "the book's loop": BookConvNet,
                "PyTorch": _installed("torch", "pytorch", "PyTorchConvNet"),
            },
            {"the book's loop": 2.0, "PyTorch": 0.6},
        ),
    ]


def _plain(hidden: int, count: int, goals: Mapping[str, float], share_of_the_floor: float) -> Race:
    """Return the race of two layers and plain descent, with peers of the bench extra too."""
    return Race(
        f"784-{hidden}-10",
        PLAIN.with_value("hidden", (hidden,)),
        count,
        {
            "the book's loop": partial(Book, hidden=hidden),
            "PyTorch": _installed("torch", "pytorch", "PyTorch", hidden),
            "scikit-learn": _installed("sklearn", "scikit_learn", "ScikitLearn", hidden),
            "JAX, a compiled step": _installed("jax", "jax_compiled", "JaxStep", hidden),
            "JAX, one compiled loop that nobody can watch": _installed(
                "jax", "jax_compiled", "JaxScan", hidden
            ),
            "the floor": partial(Floor, hidden=hidden),
        },
        {**goals, "the floor": share_of_the_floor},
    )


def _installed(package: str, module: str, kind: str, *sizes: int) -> Make | None:
    """Return what makes a peer that needs this package, None without it."""
    if importlib.util.find_spec(package) is None:
        return None
    made: Callable[..., Peer] = getattr(
        importlib.import_module(f"tests.benchmarks.peers.{module}"), kind
    )
    return lambda data: made(data, *sizes)


def measure(rounds: int) -> list[Row]:
    """Return iterations/s of ours and of each contender, and ours over theirs."""
    data = load_dataset("mnist")
    return [row for race in races() for row in race.rows(data, rounds)]


def _ours_timed(ours: Ours, count: int) -> float:
    """Return our rate over iterations without an evaluation between them."""
    if ours.iterations_until_evaluation() < count:
        ours.iterate(ours.iterations_until_evaluation())
        ours.evaluate()
    return _rate(ours, count)


def _rate(peer: Peer, count: int) -> float:
    start = time.perf_counter()
    peer.iterate(count)
    return count / (time.perf_counter() - start)
