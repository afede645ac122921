"""What explains a net's gradients: the mistakes that were made, and what is known beside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tui_backprop.nn.arrays import Array
from tui_backprop.walkthrough.mistakes.mistake import Mistake


@dataclass(frozen=True, slots=True)
class Made:
    """A mistake that was made: in which layer, at which of its operations, with which factor."""

    mistake: Mistake
    layer: str
    output: str
    place: int
    factor: float = 1.0
    key: str = ""


class Explanation(NamedTuple):
    """Mistakes that together make the gradients what they are."""

    made: tuple[Made, ...]

    @property
    def mistakes(self) -> frozenset[str]:
        """Their keys."""
        return frozenset(made.mistake.key for made in self.made)

    def of(self, key: str, place: int) -> tuple[Made, ...]:
        """Return those that reach a parameter, of the link at this place: its own, and what came
        down to it from the links behind.
        """
        return tuple(
            made for made in self.made if made.key == key or (not made.key and made.place > place)
        )


@dataclass(frozen=True)
class Seen:
    """What is known of a backward pass beside its gradients.

    Args:
        dx: what came out of layers, by their names; "dy" of the loss.
        before: the gradients of the call before, of those that another call changes.
        rates: η, where gradient() itself updated a parameter by −η of its gradient.
        masks: what a dropout's backward pass multiplied by, by the layer's name.
    """

    dx: Mapping[str, Array] = field(default_factory=dict)
    before: Mapping[str, Array] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)
