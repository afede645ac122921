"""The tape of one pass of somebody's own net, recorded as it went through its own layers."""

import copy
from typing import Any

import numpy as np

from tui_backprop.own.layers import last_layer_of, layers_of
from tui_backprop.own.net_recorder import NetRecorder
from tui_backprop.own.objects import may_reach_the_original
from tui_backprop.own.seen_pass import see_pass
from tui_backprop.own.subject import OwnNet, own_net
from tui_backprop.own.untouched import as_they_were
from tui_backprop.walkthrough.disagreement import compared
from tui_backprop.walkthrough.tape import SampleFacts, Tape

_PICTURES = 4


def trace_own(network: Any, x: Any, t: Any, name: str = "") -> Tape:
    """Return the tape of one forward and backward pass, with the first wrong operation marked.

    A copy of the net makes the pass, or the net itself where none can be made or may not compute
    by itself. All that the net holds is put back: nothing that the caller has changes. Random
    numbers are the same at every call.

    Args:
        network: has `params`, a dict of arrays, `loss(x, t)` and `gradient(x, t)`; where it has
            `layers` with forward and backward, the arrays are those that passed through them.
        x: the samples of a batch, in the form that the net takes.
        t: their targets.
        name: of the net on the tape; its class's if none is given.

    Raises:
        TypeError: it lacks one of these.
        Exception: what the net's own code raises.
    """
    name = name or type(network).__name__
    with as_they_were(network):
        return _traced(own_net(_copy_of(network), x, t), name)


def _copy_of(network: Any) -> Any:
    """Return a copy of a net, or the net itself where no copy computes by itself."""
    if may_reach_the_original(network):
        return network
    try:
        return copy.deepcopy(network)
    except Exception:  # whatever their objects raise, they are then used as they are
        return network


def _traced(subject: OwnNet, name: str) -> Tape:
    layers = layers_of(subject.network)
    last = last_layer_of(subject.network, layers) if layers else None
    recorder = NetRecorder(subject, see_pass(subject, layers, last), name)
    recorder.record(subject.loss())
    facts = SampleFacts(image_shape=_image_shape(subject))
    return compared(Tape(tuple(recorder.steps), recorder.targets, facts=facts))


def _image_shape(subject: OwnNet) -> tuple[int, int] | None:
    shape = np.shape(subject.x)
    return (shape[2], shape[3]) if len(shape) == _PICTURES else None
