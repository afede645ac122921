"""What a pass shows beside its gradients, in the form that mistakes are tried with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tui_backprop.nn import Dropout
from tui_backprop.nn.arrays import Array
from tui_backprop.own.seen_pass import SeenPass, as_floats
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.mistakes.chain import Chain, close
from tui_backprop.walkthrough.mistakes.explanation import Seen
from tui_backprop.walkthrough.mistakes.factors import constant_factor

_SAME = 1e-9


def sightings(
    subject: OwnNet,
    seen: SeenPass,
    chain: Chain,
    before: Mapping[str, Array],
    made: Mapping[str, Array],
) -> Seen:
    """Return what the pass that made these gradients shows."""
    calls = {call.name: call for call in seen.calls}
    once = len(calls) == len(seen.calls)
    dx: dict[str, Array] = {}
    for name, call in calls.items() if once else ():
        value = as_floats(call.dx)
        if value is not None:
            dx["dy" if name == chain.end.name else name] = value
    changed = {
        key: array
        for key, array in before.items()
        if key in made and array.shape == made[key].shape and not close(array, made[key], _SAME)
    }
    rates: dict[str, float] = {}
    for key, after in seen.changed.items():
        step = after.astype(np.float64) - subject.params[key]
        factor = constant_factor(made[key] - chain.decay_of(key) * subject.params[key], step, 1e-4)
        if factor is not None and factor < 0:
            rates[key] = -factor
    masks: dict[str, Array] = {}
    for link in chain.links:
        if isinstance(link.layer, Dropout) and link.name in calls:
            call = calls[link.name]
            mask = other_mask(call.dout, call.dx, link.arrays["mask"])
            if mask is not None:
                masks[link.name] = mask
    return Seen(dx, changed, rates, masks)


def other_mask(given: Any, made: Any, mask: Array) -> Array | None:
    """Return what a dropout's backward multiplied by, None where that is its own mask, or none.

    Args:
        given: the dout that it got.
        made: the dx that it returned.
        mask: its own.
    """
    dout, dx = as_floats(given), as_floats(made)
    if dout is None or dx is None or dout.shape != dx.shape:
        return None
    with np.errstate(all="ignore"):
        used = np.where(dout != 0, dx / dout, 0.0)
    kept = used[used != 0]
    if not kept.size or not np.allclose(kept, mask.max(), rtol=1e-6):
        return None
    same = close(used, np.where(dout != 0, mask.reshape(used.shape), 0.0), 1e-6)
    return None if same else used
