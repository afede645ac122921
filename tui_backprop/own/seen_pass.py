"""One forward and backward pass of somebody's layers, seen from outside."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.own.layers import replaced
from tui_backprop.own.objects import copied_array
from tui_backprop.own.subject import OwnNet


@dataclass(eq=False)
class SeenCall:
    """What went into a layer and came out of it; copies, taken at once.

    `args` and `kwargs` are what forward was given, `dout` is what backward was given.
    """

    name: str
    layer: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any
    dout: Any = None
    dx: Any = None

    @property
    def x(self) -> Any:
        """The layer's input."""
        return self.args[0] if self.args else next(iter(self.kwargs.values()), None)


@dataclass(eq=False)
class SeenPass:
    """The calls of a pass, in forward's order, the gradients it made, and the parameters that it
    changed, as they were then. `last` is the layer with the loss, None where none was found.
    """

    last: Any = None
    calls: list[SeenCall] = field(default_factory=list)
    gradients: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Array] = field(default_factory=dict)

    @property
    def of_last(self) -> list[SeenCall]:
        """The calls of the layer with the loss."""
        return [call for call in self.calls if call.layer is self.last]


def see_pass(subject: OwnNet, layers: Mapping[str, Any], last: tuple[str, Any] | None) -> SeenPass:
    """Run a net's gradient once, and return what went through its layers.

    Args:
        subject: the net with its batch.
        layers: those to look at, by name.
        last: name and layer of what has the loss, if that is to be looked at too.
    """
    seen = SeenPass(None if last is None else last[1])
    named = layers if last is None else {**layers, last[0]: last[1]}
    with ExitStack() as stack:
        for name, layer in _each_once(named).items():
            stack.enter_context(replaced(layer, "forward", _forward(seen, name, layer)))
            stack.enter_context(replaced(layer, "backward", _backward(seen, layer)))
        seen.gradients = subject.gradient()
    seen.changed = subject.changed
    return seen


def _each_once(layers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[int, tuple[str, Any]] = {}
    for name, layer in layers.items():
        found.setdefault(id(layer), (name, layer))
    return dict(found.values())


def _forward(seen: SeenPass, name: str, layer: Any) -> Callable[..., Any]:
    own = layer.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        copies = (
            tuple(map(copied_array, args)),
            {key: copied_array(arg) for key, arg in kwargs.items()},
        )
        out = own(*args, **kwargs)
        seen.calls.append(SeenCall(name, layer, *copies, copied_array(out)))
        return out

    return forward


def _backward(seen: SeenPass, layer: Any) -> Callable[..., Any]:
    own = layer.backward

    def backward(*args: Any, **kwargs: Any) -> Any:
        dout = args[0] if args else next(iter(kwargs.values()), None)
        before = copied_array(dout)
        dx = own(*args, **kwargs)
        # A layer that is used twice goes back through its last use first.
        for call in reversed(seen.calls):
            if call.layer is layer and call.dx is None:
                call.dout, call.dx = before, copied_array(dx)
                break
        return dx

    return backward


def as_floats(value: Any) -> Array | None:
    """Return an array in float64, None where it is no array of numbers."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        return None
    return value.astype(np.float64)
