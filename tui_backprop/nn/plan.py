"""What a layer will need, known before anything is allocated."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui_backprop.nn.operation import Shape


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """A parameter to be: its shape, and how it starts.

    With a `fan_in`, the inputs of one unit, it is drawn at random; else every entry is `start`.
    """

    shape: Shape
    start: float = 0.0
    fan_in: int | None = None

    @property
    def size(self) -> int:
        """Its number of entries."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What a layer makes of a sample, and what it is made with.

    Args:
        out: the shape of one sample of its output.
        params: its parameters by their symbols.
        arguments: what its constructor takes beside the parameters.
        arrays: how many arrays of the output's size a pass through it and back keeps.
    """

    out: Shape
    params: Mapping[str, ParameterPlan] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    arrays: int = 2
