"""The kinds of layers there are to choose from, by name, each with its fields. No NumPy.

Whoever adds one adds its file and one entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from tui_backprop.settings.entry import Entry, share
from tui_backprop.settings.fields import Applies, Field, FlagField, IntegerField, SizeField


class Slot(Enum):
    """Where in each hidden part of a net a layer stands: behind its Affine, in this order."""

    CHAIN = 0  # nowhere but in a chain of layers
    NORMALIZATION = 1
    ACTIVATION = 2
    REGULARIZATION = 3


@dataclass(frozen=True)
class Argument:
    """What can be said of a layer in a chain, behind its name.

    Args:
        field: how its text is read; without a default it has to be said.
        option: by which name the layer's plan takes it.
        keyword: the word before it; empty where its place tells.
    """

    field: Field
    option: str
    keyword: str = ""

    @property
    def required(self) -> bool:
        """Whether it has to be said."""
        return self.field.default is None

    @property
    def usage(self) -> str:
        """How it is written."""
        words = f"{self.keyword} {self.field.label.upper()}".strip()
        return words if self.required else f"[{words}]"


@dataclass(frozen=True)
class LayerEntry(Entry):
    """A kind of layer.

    Args:
        slot: where it stands.
        switch: the field that puts it into the net, by any value but its default; an activation
            has none, but is one of the choices of `activation`.
        argument: by which name the layer takes the switch's value; empty where it does not.
        words: what the layer's diagnosis says, each with its meaning.
        arguments: what can be said of it in a chain.
    """

    slot: Slot = Slot.ACTIVATION
    switch: Field | None = None
    argument: str = ""
    words: tuple[tuple[str, str], ...] = ()
    arguments: tuple[Argument, ...] = ()

    @property
    def usage(self) -> str:
        """How the layer is written in a chain."""
        return " ".join((self.name, *(argument.usage for argument in self.arguments)))

    def is_chosen(self, values: Mapping[str, Any]) -> bool:
        """Whether these hyperparameters put the layer into the net."""
        if self.switch is None:
            return self.slot is Slot.ACTIVATION and bool(values["activation"] == self.name)
        return bool(values[self.switch.name] != self.switch.default)

    def options(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of these hyperparameters the layer takes."""
        taken = super().options(values)
        if self.switch is not None and self.argument:
            taken[self.argument] = values[self.switch.name]
        return taken


_LAYERS = "tui_backprop.nn.layers"

_SLOPE = share("negative_slope", "Slope α", "Slope of leaky_relu below 0.", 0.01, "Network")
_DROPPED = share(
    "dropout", "Dropout p", "Share of each hidden layer's units to drop.", 0.0, "Network"
)


def _number(
    option: str, label: str, default: int | None, low: int, high: int, keyword: str = ""
) -> Argument:
    field = IntegerField(option, label, "", "", Applies.RESET, default, minimum=low, maximum=high)
    return Argument(field, option, keyword)


_SIZE = Argument(SizeField("size", "size", "", "", Applies.RESET, None), "size")
_POOLING = (_SIZE, _number("stride", "cells", 0, 1, 100, "stride"))

LAYERS = (
    LayerEntry(
        "affine",
        "x · W + b",
        f"{_LAYERS}.affine:Affine",
        slot=Slot.CHAIN,
        arguments=(_number("units", "units", None, 1, 10_000),),
    ),
    LayerEntry(
        "conv",
        "filters that slide over a picture",
        f"{_LAYERS}.convolution:Convolution",
        slot=Slot.CHAIN,
        arguments=(
            _number("filters", "filters", None, 1, 10_000),
            _SIZE,
            _number("stride", "cells", 1, 1, 100, "stride"),
            _number("pad", "cells", 0, 0, 100, "pad"),
        ),
    ),
    LayerEntry(
        "pool",
        "the largest of each window of a picture",
        f"{_LAYERS}.pooling:Pooling",
        slot=Slot.CHAIN,
        arguments=_POOLING,
    ),
    LayerEntry(
        "mean_pool",
        "the mean of each window of a picture",
        f"{_LAYERS}.mean_pooling:MeanPooling",
        slot=Slot.CHAIN,
        arguments=_POOLING,
    ),
    LayerEntry(
        "flatten",
        "a picture as a row; an affine does it by itself",
        f"{_LAYERS}.flatten:Flatten",
        slot=Slot.CHAIN,
    ),
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
        "leaky_relu",
        "x where x > 0, else α · x",
        f"{_LAYERS}.leaky_relu:LeakyRelu",
        (_SLOPE,),
        arguments=(Argument(_SLOPE, "negative_slope"),),
    ),
    LayerEntry(
        "sigmoid",
        "1 / (1 + exp(−x))",
        f"{_LAYERS}.sigmoid:Sigmoid",
        words=(
            ("flat", "the share of the outputs at their ends, where hardly any gradient flows"),
            ("saturated", "more than half of the outputs are flat"),
        ),
    ),
    LayerEntry(
        "tanh",
        "the hyperbolic tangent, between −1 and 1",
        f"{_LAYERS}.tanh:Tanh",
        words=(
            ("flat", "the share of the outputs at their ends, where hardly any gradient flows"),
            ("saturated", "more than half of the outputs are flat"),
        ),
    ),
    LayerEntry(
        "dropout",
        "some units, at random, are 0 in training",
        f"{_LAYERS}.dropout:Dropout",
        slot=Slot.REGULARIZATION,
        switch=_DROPPED,
        argument="dropout_ratio",
        arguments=(Argument(replace(_DROPPED, label="share", default=0.5), "dropout_ratio"),),
        words=(("dropped", "the share of the entries that Dropout set to 0"),),
    ),
)

LAYER_BY_NAME = {entry.name: entry for entry in LAYERS}
ACTIVATIONS = tuple(entry for entry in LAYERS if entry.slot is Slot.ACTIVATION)


def hidden_layers(values: Mapping[str, Any]) -> tuple[LayerEntry, ...]:
    """Return the layers that these hyperparameters put behind each hidden Affine, in order."""
    chosen = [entry for entry in LAYERS if entry.is_chosen(values)]
    return tuple(sorted(chosen, key=lambda entry: entry.slot.value))
