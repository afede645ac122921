"""Everything a person can set about a run: one frozen, validated value with the book's defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from tui_backprop.datasets import BUILTIN
from tui_backprop.settings.fields import (
    Applies,
    ChoiceField,
    DatasetField,
    Field,
    IntegerField,
    IntegerListField,
    NumberField,
)

FIELDS: tuple[Field, ...] = (
    DatasetField(
        "dataset",
        "Dataset",
        "What the net learns: " + ", ".join(BUILTIN) + ", or a path to your own.",
        "Data",
        Applies.RESET,
        "mnist",
        builtin=tuple(BUILTIN),
    ),
    ChoiceField(
        "sampling",
        "Sampling",
        "How each minibatch is drawn from the training set.",
        "Data",
        Applies.RESET,
        "random",
        choices=(
            ("random", "samples drawn at random with replacement, as in the book"),
            ("shuffle", "every sample once an epoch, in a new order each time"),
        ),
    ),
    IntegerListField(
        "hidden",
        "Hidden units",
        "Units of the hidden layer; with commas, of several layers from first to last.",
        "Network",
        Applies.RESET,
        (50,),
        "units",
        minimum=1,
        maximum=10_000,
        longest=20,
    ),
    NumberField(
        "weight_std",
        "Weight std",
        "Standard deviation of the normal distribution the weights start from.",
        "Network",
        Applies.RESET,
        0.01,
        minimum=0.0,
        maximum=100.0,
    ),
    ChoiceField(
        "dtype",
        "Precision",
        "Type of every number of the net.",
        "Network",
        Applies.RESET,
        "float32",
        choices=(
            ("float32", "about 7 digits, fast"),
            ("float64", "about 16 digits, as the book's code"),
        ),
    ),
    IntegerField(
        "seed",
        "Seed",
        "Where all random numbers start: the same seed gives the same run to the bit.",
        "Network",
        Applies.RESET,
        0,
        minimum=0,
        maximum=2**32 - 1,
    ),
    ChoiceField(
        "optimizer",
        "Optimizer",
        "How gradients become updates.",
        "Training",
        Applies.RESET,
        "sgd",
        choices=(("sgd", "W ← W − η·dW"),),
    ),
    NumberField(
        "learning_rate",
        "Learning rate",
        "η, the length of each step against the gradient.",
        "Training",
        Applies.LIVE,
        0.1,
        minimum=0.0,
        maximum=1e6,
    ),
    IntegerField(
        "batch_size",
        "Batch size",
        "Samples in each minibatch.",
        "Training",
        Applies.LIVE,
        100,
        "samples",
        minimum=1,
        maximum=100_000,
    ),
    IntegerField(
        "iterations",
        "Iterations",
        "Updates until the run is finished.",
        "Training",
        Applies.LIVE,
        10_000,
        "updates",
        minimum=1,
        maximum=1_000_000_000,
    ),
)

LIVE_FIELDS = tuple(field for field in FIELDS if field.applies is Applies.LIVE)
FIELD_BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """All settings of a run; see FIELDS for what each means and may be.

    Raises:
        HyperparameterError: a value is outside its field's bounds.
    """

    dataset: str = "mnist"
    sampling: str = "random"
    hidden: tuple[int, ...] = (50,)
    weight_std: float = 0.01
    dtype: str = "float32"
    seed: int = 0
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    batch_size: int = 100
    iterations: int = 10_000

    def __post_init__(self) -> None:
        for field in FIELDS:
            object.__setattr__(self, field.name, field.check(getattr(self, field.name)))

    def with_value(self, name: str, value: Any) -> Self:
        """Return the same settings but one."""
        return replace(self, **{name: value})

    def live_part_of(self, other: "Hyperparameters") -> Self:
        """Return these settings with all that applies live taken from `other`."""
        return replace(
            self,
            **{field.name: getattr(other, field.name) for field in LIVE_FIELDS},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, as plain values."""
        return asdict(self)
