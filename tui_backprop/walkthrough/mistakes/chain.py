"""A net as a chain of declared operations: what its gradients are, and would be with mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Layer, scalars
from tui_backprop.nn.losses.loss import Loss
from tui_backprop.nn.operation import Operation
from tui_backprop.nn.weight_decay import WeightDecay
from tui_backprop.walkthrough.mistakes.fork import Fork
from tui_backprop.walkthrough.mistakes.mistake import Mistake


@dataclass(frozen=True, eq=False)
class Link:
    """A layer of the chain, and what its forward pass made, by the operations' symbols.

    `keys` has the net's name of each of its parameters; two links may share one.
    """

    name: str
    layer: Layer
    keys: Mapping[str, str]
    arrays: Mapping[str, Array]

    @classmethod
    def of(
        cls,
        name: str,
        layer: Layer,
        keys: Mapping[str, str],
        x: Array,
        given: Mapping[str, Array] | None = None,
    ) -> "Link":
        """Return a layer with its forward pass of `x`; `given` has what it drew, and constants."""
        arrays = {"x": x, **layer.params, **layer.state, **scalars(layer.constants())}
        arrays |= given or {}
        for operation in layer.FORWARD:
            arrays[operation.output] = operation.compute(arrays)
        return cls(name, layer, keys, arrays)

    @property
    def out(self) -> Array:
        """What the layer made of x."""
        return self.arrays["out"]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Its backward pass, with dx last: what is known of a pass is mostly about the others."""
        return tuple(sorted(self.layer.BACKWARD, key=lambda operation: operation.output == "dx"))

    def backward(self, dout: Array) -> dict[str, Array]:
        """Return what the backward pass makes of dout, in any shape, beside what it reads."""
        arrays = {**self.arrays, "dout": dout.reshape(self.out.shape)}
        for operation in self.operations:
            arrays[operation.output] = operation.compute(arrays)
        return arrays


@dataclass(frozen=True, eq=False)
class End:
    """The end of a chain: its loss, of scores `x` and targets `t` as the operations read them.

    The loss is `factor` times what a `kind` of ours is. `share` (N, 1) is by how much less than
    that each sample's loss moves: a number inside the log, against a log of 0, does so, and a
    gradient is right without it. Where `y_mistake` is given, `y` was made by it, and `slope` is
    what the loss of that y has for a gradient.
    """

    kind: type[Loss]
    name: str
    x: Array
    y: Array
    t: Array
    factor: float = 1.0
    share: Array | None = None
    y_mistake: Mistake | None = None
    slope: Array | None = None

    @property
    def operation(self) -> Operation:
        """What makes dy."""
        return self.kind.BACKWARD[0]

    @property
    def arrays(self) -> dict[str, Array]:
        """What the operation and mistakes in it read."""
        return {"x": self.x, "y": self.y, "t": self.t}

    @property
    def dy(self) -> Array:
        """The gradient at the scores as it is written, with `y` as it was made."""
        return self.factor * self.operation.compute(self.arrays)

    @property
    def exact_dy(self) -> Array:
        """The gradient at the scores of the very loss."""
        if self.slope is not None:
            return self.slope
        return self.dy if self.share is None else self.dy * self.share


@dataclass(frozen=True, eq=False)
class Chain:
    """Links one after the other, first to last, and the end.

    `decay` is the λ of a ½ λ ‖W‖² in the loss, over the parameters of the names `decaying`.
    """

    links: tuple[Link, ...]
    end: End
    decay: float = 0.0
    decaying: frozenset[str] = field(default_factory=frozenset)

    @property
    def samples(self) -> int:
        """N, the samples of the batch."""
        return len(self.end.y)

    @cached_property
    def uses(self) -> dict[str, int]:
        """How many links use each parameter."""
        uses: dict[str, int] = {}
        for link in self.links:
            for key in link.keys.values():
                uses[key] = uses.get(key, 0) + 1
        return uses

    @cached_property
    def first_learning(self) -> int:
        """The place of the first link that a backward pass has to reach."""
        return next(place for place, link in enumerate(self.links) if link.keys)

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """The gradients of a backward pass without a mistake."""
        return self._gradients(self.end.dy)

    @cached_property
    def exact_gradients(self) -> dict[str, Array]:
        """The gradients of the very loss: see `End`."""
        return self._gradients(self.end.exact_dy)

    def params(self) -> dict[str, Array]:
        """Return the parameters by their names."""
        return {
            key: link.layer.params[symbol]
            for link in self.links
            for symbol, key in link.keys.items()
        }

    def _gradients(self, dout: Array) -> dict[str, Array]:
        parts: dict[str, tuple[Array, ...]] = {}
        for place in range(len(self.links) - 1, self.first_learning - 1, -1):
            link = self.links[place]
            arrays = link.backward(dout)
            for symbol, key in link.keys.items():
                parts[key] = (arrays[f"d{symbol}"], *parts.get(key, ()))
            dout = arrays["dx"]
        params = self.params()
        return {key: self.decayed(key, params[key], added(use)) for key, use in parts.items()}

    def decay_of(self, key: str) -> float:
        """Return the λ of a parameter, 0 where it does not decay."""
        return self.decay if key in self.decaying else 0.0

    def decayed(self, key: str, param: Array, data: Array) -> Array:
        """Return the data's part of a gradient with what weight decay adds to it."""
        if not (decay := self.decay_of(key)):
            return data
        known = {"dW": data, "W": param, **scalars({"λ": decay})}
        return WeightDecay.GRADIENT.compute(known)


def added(uses: tuple[Array, ...]) -> Array:
    """Return the sum of the gradients that each use of a parameter makes."""
    if len(uses) == 1:
        return uses[0]
    operation = Fork.sum_of(uses)
    return operation.compute(dict(zip(operation.inputs, uses, strict=True)))


def close(left: Array, right: Array, tolerance: float, floor: float = 0.0) -> bool:
    """Whether two arrays agree, up to a share of their largest entry, or of `floor` if larger."""
    if left.shape != right.shape:
        return False
    scale = max(float(np.abs(left).max(initial=0.0)), float(np.abs(right).max(initial=0.0)), floor)
    return bool(np.abs(left - right).max(initial=0.0) <= tolerance * scale)
