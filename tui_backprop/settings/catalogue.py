"""What there is to choose from, by name, each with its fields: layers, optimizers. No NumPy.

Whoever adds one adds its file and one entry here. Command-line options, the form, defaults, help
and what is stored of a run follow from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from tui_backprop.settings.fields import Applies, Field, FlagField, IntegerField, NumberField


def load(path: str) -> Any:
    """Return what an entry's path, as "package.module:Name", leads to."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Entry:
    """Something that can be chosen by its name.

    Args:
        name: as it is typed.
        help: what it is, in a few words.
        path: where its class is.
        fields: what can be set about it; its constructor takes each by the field's name.
    """

    name: str
    help: str
    path: str
    fields: tuple[Field, ...] = ()

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of these hyperparameters the constructor takes."""
        return {field.name: values[field.name] for field in self.fields}


class Slot(Enum):
    """Where in each hidden part of a net a layer stands: behind its Affine, in this order."""

    NORMALIZATION = 1
    ACTIVATION = 2
    REGULARIZATION = 3


@dataclass(frozen=True)
class LayerEntry(Entry):
    """A kind of layer.

    Args:
        slot: where it stands.
        switch: the field that puts it into the net, by any value but its default; an activation
            has none, but is one of the choices of `activation`.
        argument: by which name the layer takes the switch's value; empty where it does not.
        words: what the layer's diagnosis says, each with its meaning.
    """

    slot: Slot = Slot.ACTIVATION
    switch: Field | None = None
    argument: str = ""
    words: tuple[tuple[str, str], ...] = ()

    def is_chosen(self, values: Mapping[str, Any]) -> bool:
        """Whether these hyperparameters put the layer into the net."""
        if self.switch is None:
            return bool(values["activation"] == self.name)
        return bool(values[self.switch.name] != self.switch.default)

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of these hyperparameters the layer takes."""
        taken = super().options(values)
        if self.switch is not None and self.argument:
            taken[self.argument] = values[self.switch.name]
        return taken


def _share(
    name: str, label: str, help_: str, default: float, group: str = "Training"
) -> NumberField:
    return NumberField(
        name, label, help_, group, Applies.RESET, default, minimum=0.0, maximum=0.999999
    )


_MOMENTUM = _share("momentum", "Momentum α", "How much of the velocity v stays at each step.", 0.9)
_BETA1 = _share("beta1", "β₁", "How much of the mean gradient m stays at each step.", 0.9)
_BETA2 = _share("beta2", "β₂", "How much of the mean squared gradient v stays.", 0.999)

_DECOUPLED_DECAY = NumberField(
    "decoupled_decay",
    "AdamW decay λ",
    "How fast AdamW shrinks the parameters, beside the gradient.",
    "Training",
    Applies.RESET,
    0.01,
    minimum=0.0,
    maximum=100.0,
)

_OPTIMIZERS = "tui_backprop.nn.optimizers"
_LAYERS = "tui_backprop.nn.layers"

OPTIMIZERS = (
    Entry("sgd", "W ← W − η·dW", f"{_OPTIMIZERS}.sgd:SGD"),
    Entry(
        "momentum",
        "v ← α·v − η·dW; W ← W + v",
        f"{_OPTIMIZERS}.momentum:Momentum",
        (_MOMENTUM,),
    ),
    Entry(
        "nesterov",
        "momentum that looks ahead: W ← W + α·v − η·dW",
        f"{_OPTIMIZERS}.nesterov:Nesterov",
        (_MOMENTUM,),
    ),
    Entry(
        "adagrad",
        "steps shrink with the sum of dW²; η of 0.01 suits it",
        f"{_OPTIMIZERS}.adagrad:AdaGrad",
    ),
    Entry(
        "rmsprop",
        "steps scaled by a mean of dW²; η of 0.01 suits it",
        f"{_OPTIMIZERS}.rmsprop:RMSprop",
        (_share("decay_rate", "Decay rate ρ", "How much of the mean of dW² stays.", 0.99),),
    ),
    Entry(
        "adam",
        "steps scaled by means of dW and dW²; η of 0.001 suits it",
        f"{_OPTIMIZERS}.adam:Adam",
        (_BETA1, _BETA2),
    ),
    Entry(
        "adamw",
        "Adam as in its paper, and W shrinks by η·λ·W; η of 0.001 suits it",
        f"{_OPTIMIZERS}.adamw:AdamW",
        (_BETA1, _BETA2, _DECOUPLED_DECAY),
    ),
)

_SCHEDULES = "tui_backprop.settings.schedules"

SCHEDULES = (
    Entry("constant", "η as it is set, throughout", f"{_SCHEDULES}:constant"),
    Entry(
        "step",
        "η times the step factor, every so many iterations",
        f"{_SCHEDULES}:step",
        (
            IntegerField(
                "step_every",
                "Step every",
                "Iterations from one change of η to the next.",
                "Training",
                Applies.RESET,
                1000,
                "updates",
                minimum=1,
                maximum=1_000_000_000,
            ),
            NumberField(
                "step_factor",
                "Step factor",
                "What η is multiplied by at each change.",
                "Training",
                Applies.RESET,
                0.5,
                minimum=0.0,
                maximum=1.0,
            ),
        ),
    ),
    Entry("cosine", "η falls to 0 along half a cosine", f"{_SCHEDULES}:cosine"),
)

_INITIALIZERS = "tui_backprop.nn.initializers"

INITIALIZERS = (
    Entry(
        "std",
        "the same width everywhere, weight std",
        f"{_INITIALIZERS}:normal",
        (
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
        ),
    ),
    Entry("xavier", "1/√(inputs of a unit), for sigmoid", f"{_INITIALIZERS}:xavier"),
    Entry("he", "√(2/inputs of a unit), for ReLU", f"{_INITIALIZERS}:he"),
)

LAYERS = (
    LayerEntry(
        "batch_norm",
        "each unit brought to mean 0 and variance 1 over the minibatch",
        f"{_LAYERS}.batch_normalization:BatchNormalization",
        slot=Slot.NORMALIZATION,
        switch=FlagField(
            "batch_norm",
            "Batch norm",
            "Batch normalization behind each hidden Affine.",
            "Network",
            Applies.RESET,
        ),
    ),
    LayerEntry(
        "relu",
        "max(x, 0)",
        f"{_LAYERS}.relu:Relu",
        words=(
            ("dead", "the share of the units that were 0 for every sample"),
            ("dying", "more than half of the units are dead"),
        ),
    ),
    LayerEntry(
        "sigmoid",
        "1 / (1 + exp(−x))",
        f"{_LAYERS}.sigmoid:Sigmoid",
        words=(
            ("flat", "the share of the outputs within 0.015 of 0 or 1, where no gradient flows"),
            ("saturated", "more than half of the outputs are flat"),
        ),
    ),
    LayerEntry(
        "dropout",
        "some units, at random, are 0 in training",
        f"{_LAYERS}.dropout:Dropout",
        slot=Slot.REGULARIZATION,
        switch=_share(
            "dropout", "Dropout p", "Share of each hidden layer's units to drop.", 0.0, "Network"
        ),
        argument="dropout_ratio",
        words=(("dropped", "the share of the entries that Dropout set to 0"),),
    ),
)

OPTIMIZER_BY_NAME = {entry.name: entry for entry in OPTIMIZERS}
SCHEDULE_BY_NAME = {entry.name: entry for entry in SCHEDULES}
INITIALIZER_BY_NAME = {entry.name: entry for entry in INITIALIZERS}
ACTIVATIONS = tuple(entry for entry in LAYERS if entry.slot is Slot.ACTIVATION)


def hidden_layers(values: Mapping[str, Any]) -> tuple[LayerEntry, ...]:
    """Return the layers that these hyperparameters put behind each hidden Affine, in order."""
    chosen = [entry for entry in LAYERS if entry.is_chosen(values)]
    return tuple(sorted(chosen, key=lambda entry: entry.slot.value))
