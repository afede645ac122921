"""What one of somebody's layers did in a pass, as a layer of ours with what it read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tui_backprop.nn import BatchNormalization, Dropout, Layer
from tui_backprop.nn.layers.layer import scalars
from tui_backprop.own.declared_layers import declared_layer
from tui_backprop.own.kinds import link_for
from tui_backprop.own.seen_pass import SeenCall
from tui_backprop.walkthrough.mistakes.chain import Link
from tui_backprop.walkthrough.step import Numbers

_CLOSE = 1e-5


@dataclass(frozen=True, eq=False)
class Kind:
    """A layer of ours, and what its forward operations read beside x and parameters.

    `keys` has the net's name of its parameters, as far as they are the net's.
    """

    layer: Layer
    keys: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Numbers] = field(default_factory=dict)

    @property
    def takes_rows(self) -> bool:
        """Whether each sample has to be a row for it."""
        return self.layer.TAKES_ROWS or isinstance(self.layer, BatchNormalization)

    @property
    def constants(self) -> dict[str, Numbers]:
        """The plain numbers that its operations read."""
        own = scalars(self.layer.constants())
        return own | {name: value for name, value in self.given.items() if not value.ndim}


def kind_of(call: SeenCall, params: Mapping[str, Any]) -> Kind | None:
    """Return what a layer is: what its name says if its numbers do too, else what these say.

    Where no layer of ours makes its out, its name is believed: its forward pass is wrong then.
    """
    declared = _declared(call, params)
    if declared is not None and _makes_out(declared, call):
        return declared
    link = link_for(call, params)
    if link is None:
        return declared
    names = (*link.layer.DRAWN, *link.layer.constants())
    given = {name: link.arrays[name] for name in names}
    return Kind(link.layer, link.keys, given)


def _declared(call: SeenCall, params: Mapping[str, Any]) -> Kind | None:
    layer = declared_layer(call.layer)
    if layer is None:
        return None
    held = {symbol: getattr(call.layer, symbol, None) for symbol in layer.params}
    keys = {
        symbol: key
        for symbol, array in held.items()
        for key, param in params.items()
        if param is array
    }
    if not isinstance(layer, Dropout):
        return Kind(layer, keys)
    mask = getattr(call.layer, "mask", None)
    x = np.asarray(call.x)
    if isinstance(mask, np.ndarray) and mask.shape == x.shape:
        return Kind(layer, keys, {"mask": mask})
    return None


def _makes_out(kind: Kind, call: SeenCall) -> bool:
    x, out = np.asarray(call.x), np.asarray(call.out)
    if kind.takes_rows and x.ndim > 2:
        x = x.reshape(len(x), -1)
    try:
        with np.errstate(all="ignore"):
            made = Link.of(call.name, kind.layer, kind.keys, x, kind.given).out
            return made.size == out.size and bool(
                np.allclose(made.reshape(-1), out.reshape(-1), _CLOSE, _CLOSE, equal_nan=True)
            )
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False
