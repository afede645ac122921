"""The plan of a network: its layers by name with their shapes, before any array of it exists."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.flatten import Flatten
from tui_backprop.nn.layers.layer import Layer
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.operation import Shape
from tui_backprop.nn.parameters import Parameters
from tui_backprop.nn.plan import LayerPlan, ParameterPlan

Draw = Callable[[ParameterPlan], Array]
"""Returns the first values of a parameter that starts at random."""


class LayerChoice(NamedTuple):
    """A kind of layer, and what its `plan` is told beside the shape of a sample."""

    kind: type[Layer]
    options: Mapping[str, Any] = {}


class PlanError(ValueError):
    """A layer that does not fit what the one before it makes. `place` is its place, from 0."""

    def __init__(self, place: int, fault: str) -> None:
        self.place = place
        super().__init__(fault)


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """A layer of a network to be. `keys` has the network's name of each of its parameters."""

    name: str
    kind: type[Layer]
    plan: LayerPlan
    keys: Mapping[str, str]


class Blueprint:
    """What a network is made by, and from: the same one makes any number of nets.

    Where a layer that takes rows stands behind pictures, a Flatten is put before it. Layers are
    named by their kind and numbered within it, as the book does: Affine1, Relu1,
    Affine2. Parameters are numbered by their symbols: the second W of the net is W2.

    Args:
        sample: the shape of one sample that goes in.
        choices: the layers, first to last.
        loss: the kind of the last layer.

    Raises:
        PlanError: a layer does not fit what the one before it makes.
    """

    def __init__(self, sample: Shape, choices: Iterable[LayerChoice], loss: type[Loss]) -> None:
        self.sample = sample
        self.loss = loss
        self.layers: list[PlannedLayer] = []
        layers_of: dict[str, int] = {}
        params_of: dict[str, int] = {}
        shape = sample
        for place, choice in enumerate(choices):
            row = choice.kind.TAKES_ROWS and len(shape) != 1
            for kind, options in ([LayerChoice(Flatten)] if row else []) + [choice]:
                try:
                    plan = kind.plan(shape, **options)
                except ValueError as error:
                    raise PlanError(place, str(error)) from error
                name = _numbered(kind.NAME, layers_of)
                keys = {symbol: _numbered(symbol, params_of) for symbol in plan.params}
                self.layers.append(PlannedLayer(name, kind, plan, keys))
                shape = plan.out
        self.out = shape

    @property
    def parameter_plans(self) -> dict[str, ParameterPlan]:
        """The plan of each parameter, by the network's names, in the order of the layers."""
        return {
            layer.keys[symbol]: plan
            for layer in self.layers
            for symbol, plan in layer.plan.params.items()
        }

    @property
    def parameter_count(self) -> int:
        """The entries of all parameters."""
        return sum(plan.size for plan in self.parameter_plans.values())

    @property
    def numbers_per_sample(self) -> int:
        """How many numbers one sample is on its way through the layers and back."""
        return math.prod(self.sample) + sum(
            layer.plan.arrays * math.prod(layer.plan.out) for layer in self.layers
        )

    def draw_parameters(self, draw: Draw, dtype: npt.DTypeLike) -> Parameters:
        """Return the parameters that a network starts from."""
        params: dict[str, Array] = {}
        for key, plan in self.parameter_plans.items():
            if plan.fan_in is None:
                params[key] = np.full(plan.shape, plan.start, dtype)
            else:
                params[key] = draw(plan).astype(dtype)
        return Parameters(params)

    def make_layers(self, params: Mapping[str, Array]) -> dict[str, Layer]:
        """Return new layers by their names, which use these very parameters."""
        layers: dict[str, Layer] = {}
        for place, planned in enumerate(self.layers):
            own = {symbol: params[key] for symbol, key in planned.keys.items()}
            layer = planned.kind(**own, **planned.plan.arguments)
            layer.place = place
            layers[planned.name] = layer
        return layers


def _numbered(name: str, counts: dict[str, int]) -> str:
    counts[name] = counts.get(name, 0) + 1
    return f"{name}{counts[name]}"
