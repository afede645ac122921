"""Nets to look at: hyperparameters by a name, chosen so that numbers can be read. No NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A net by its name, what it shows, and the hyperparameters that differ from the defaults."""

    name: str
    help: str
    values: Mapping[str, Any]


_ENTRIES = (
    Example(
        "xor",
        "2-3-2 on the four points of XOR, all in each minibatch: every number fits a screen",
        {
            "dataset": "xor4",
            "hidden": (3,),
            "batch_size": 4,
            "sampling": "shuffle",
            "weight_std": 0.7,
            "learning_rate": 0.5,
            "iterations": 1_000,
            # Of its seeds one where each unit is on for other samples, and all four are learned.
            "seed": 7,
        },
    ),
    Example(
        "neuron",
        "two inputs, one sigmoid neuron, two classes: the smallest net, on two half moons",
        {
            "dataset": "moons",
            "hidden": (1,),
            "activation": "sigmoid",
            "batch_size": 4,
            "weight_std": 1.0,
            "learning_rate": 0.5,
            "iterations": 1_000,
        },
    ),
    Example(
        "digits",
        "64-10-10 on digits of 8x8 pixels, ten samples a minibatch: a row is read at a glance",
        {
            "dataset": "digits",
            "hidden": (10,),
            "batch_size": 10,
            "weight_std": 0.2,
            "iterations": 3_000,
        },
    ),
    Example("book", "784-50-10 on MNIST, as in the book's chapter 5: the defaults", {}),
)

EXAMPLES: Mapping[str, Example] = {example.name: example for example in _ENTRIES}
