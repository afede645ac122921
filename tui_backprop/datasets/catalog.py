"""The built-in datasets: names, help texts and where each is loaded from; imports no NumPy.

A new one is a module with a loader, and an entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "regression"]
"""What is learned of a sample: its class, or numbers."""


@dataclass(frozen=True)
class BuiltinDataset:
    """What is known of a built-in dataset before it is loaded.

    Attributes:
        name: what `--dataset` takes.
        help: one line for a list of choices.
        loader: "module:function", a function of no arguments that returns the Dataset.
        task: the Dataset's task.
    """

    name: str
    help: str
    loader: str
    task: Task = "classification"


_ENTRIES = (
    BuiltinDataset(
        "mnist",
        "60,000 + 10,000 handwritten digits, 28x28 pixels (LeCun, Cortes, Burges)",
        "tui_backprop.datasets.mnist:load_mnist",
    ),
    BuiltinDataset(
        "digits",
        "1,437 + 360 handwritten digits, 8x8 pixels of 0 to 16 (Alpaydin, Kaynak)",
        "tui_backprop.datasets.digits:load_digits",
    ),
    BuiltinDataset(
        "spiral",
        "300 + 300 generated points in the plane, 3 intertwined classes",
        "tui_backprop.datasets.spiral:load_spiral",
    ),
    BuiltinDataset(
        "circles",
        "300 + 300 generated points in the plane, a ring inside a ring",
        "tui_backprop.datasets.circles:load_circles",
    ),
    BuiltinDataset(
        "moons",
        "300 + 300 generated points in the plane, two half moons",
        "tui_backprop.datasets.moons:load_moons",
    ),
    BuiltinDataset(
        "xor",
        "300 + 300 generated points in the plane, around the four of XOR",
        "tui_backprop.datasets.xor:load_xor",
    ),
    BuiltinDataset(
        "xor4",
        "the four samples of XOR, small enough for a step on one screen (batch size 4)",
        "tui_backprop.datasets.xor:load_xor4",
    ),
    BuiltinDataset(
        "sine",
        "200 + 200 generated points of a noisy sine, a number to fit",
        "tui_backprop.datasets.sine:load_sine",
        "regression",
    ),
    BuiltinDataset(
        "line",
        "200 + 200 generated points of a noisy line, a number to fit",
        "tui_backprop.datasets.line:load_line",
        "regression",
    ),
)

BUILTIN: Mapping[str, BuiltinDataset] = {entry.name: entry for entry in _ENTRIES}
