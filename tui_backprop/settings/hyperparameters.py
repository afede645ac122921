"""Everything a person can set about a run: one frozen, validated value with the book's defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, make_dataclass, replace
from typing import Any, Self, TypeVar

from tui_backprop.datasets import BUILTIN
from tui_backprop.settings.catalogue import (
    ACTIVATIONS,
    INITIALIZER_BY_NAME,
    INITIALIZERS,
    LAYERS,
    OPTIMIZER_BY_NAME,
    OPTIMIZERS,
    SCHEDULE_BY_NAME,
    SCHEDULES,
    Entry,
    hidden_layers,
)
from tui_backprop.settings.fields import (
    Applies,
    ChoiceField,
    DatasetField,
    Field,
    FlagField,
    IntegerField,
    IntegerListField,
    NumberField,
    TextField,
)
from tui_backprop.settings.layer_chain import LAYERS_FIELD

T = TypeVar("T")


def _own_fields(entries: tuple[Entry, ...]) -> tuple[Field, ...]:
    """Return the fields of catalogue entries, each once where several share it."""
    return tuple(dict.fromkeys(field for entry in entries for field in entry.fields))


_SWITCHES = tuple(entry.switch for entry in LAYERS if entry.switch is not None)

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
    TextField(
        "target",
        "Target",
        "Of a .csv file the column to learn, by name or number; empty for the last one.",
        "Data",
        Applies.RESET,
        "",
        "column",
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
    LAYERS_FIELD,
    ChoiceField(
        "activation",
        "Activation",
        "The function behind each hidden Affine.",
        "Network",
        Applies.RESET,
        "relu",
        choices=tuple((entry.name, entry.help) for entry in ACTIVATIONS),
    ),
    *_own_fields(ACTIVATIONS),
    *_SWITCHES,
    *_own_fields(tuple(entry for entry in LAYERS if entry.switch is not None)),
    FlagField(
        "binary",
        "Binary",
        "Two classes by one output and a sigmoid, instead of two and softmax.",
        "Network",
        Applies.RESET,
    ),
    ChoiceField(
        "init",
        "First weights",
        "How wide the normal distribution is that the weights start from.",
        "Network",
        Applies.RESET,
        "std",
        choices=tuple((entry.name, entry.help) for entry in INITIALIZERS),
    ),
    *_own_fields(INITIALIZERS),
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
        choices=tuple((entry.name, entry.help) for entry in OPTIMIZERS),
    ),
    *_own_fields(OPTIMIZERS),
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
    ChoiceField(
        "schedule",
        "Schedule of η",
        "How the learning rate changes during the run.",
        "Training",
        Applies.RESET,
        "constant",
        choices=tuple((entry.name, entry.help) for entry in SCHEDULES),
    ),
    *_own_fields(SCHEDULES),
    IntegerField(
        "warmup",
        "Warm-up",
        "First iterations, over which η grows from next to nothing; 0 for none.",
        "Training",
        Applies.RESET,
        0,
        "updates",
        minimum=0,
        maximum=1_000_000_000,
    ),
    NumberField(
        "weight_decay",
        "Weight decay",
        "The loss has ½ λ ‖W‖² of every W beside the data's part; 0 for none.",
        "Training",
        Applies.RESET,
        0.0,
        minimum=0.0,
        maximum=100.0,
    ),
    NumberField(
        "clip",
        "Clip norm",
        "The longest that the gradient of all parameters may be; 0 for any length.",
        "Training",
        Applies.RESET,
        0.0,
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


def _with_catalogue_fields(cls: type[T]) -> type[T]:
    """Give a class of hyperparameters those that belong to one optimizer or layer alone."""
    named = {known.name for known in fields(cls)}  # type: ignore[arg-type]
    rest = (known for known in FIELDS if known.name not in named)
    own = [(known.name, Any, field(default=known.default)) for known in rest]
    made = make_dataclass(
        cls.__name__, own, bases=(cls,), frozen=True, slots=True, namespace={"__doc__": cls.__doc__}
    )
    made.__module__ = cls.__module__
    return made


@_with_catalogue_fields
@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """All settings of a run; see FIELDS for what each means and may be.

    What the program reads by its name is named here; what one optimizer or layer alone reads comes
    from the catalogue.

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
    activation: str = "relu"
    target: str = ""
    init: str = "std"
    schedule: str = "constant"
    warmup: int = 0
    weight_decay: float = 0.0
    clip: float = 0.0
    binary: str = "off"
    layers: str = ""

    def __post_init__(self) -> None:
        for known in FIELDS:
            object.__setattr__(self, known.name, known.check(getattr(self, known.name)))

    def with_value(self, name: str, value: Any) -> Self:
        """Return the same settings but one."""
        return self.with_values(**{name: value})

    def with_values(self, **values: Any) -> Self:
        """Return the same settings but these."""
        return replace(self, **values)

    def live_part_of(self, other: "Hyperparameters") -> Self:
        """Return these settings with all that applies live taken from `other`."""
        return replace(self, **{known.name: getattr(other, known.name) for known in LIVE_FIELDS})

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, as plain values."""
        return asdict(self)

    def applying_fields(self) -> tuple[Field, ...]:
        """Return the fields that mean something for what is chosen."""
        values = self.to_dict()
        chosen = (
            *hidden_layers(values),
            INITIALIZER_BY_NAME[self.init],
            OPTIMIZER_BY_NAME[self.optimizer],
            SCHEDULE_BY_NAME[self.schedule],
        )
        all_there_are = (*LAYERS, *INITIALIZERS, *OPTIMIZERS, *SCHEDULES)
        spared = {own.name for own in _own_fields(all_there_are)}
        spared -= {own.name for own in _own_fields(chosen)}
        if self.dataset in BUILTIN:
            spared.add("target")
        if self.layers:
            # The chain says it all.
            spared |= {"hidden", "activation", *(switch.name for switch in _SWITCHES)}
            spared |= {own.name for own in _own_fields(LAYERS)}
        return tuple(known for known in FIELDS if known.name not in spared)
