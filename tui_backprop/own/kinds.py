"""Which of our layers somebody's layer is: the one that makes the same out of the same x.

Names say little, and what a layer computes says all: a layer is recognized by its numbers.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tui_backprop.nn import (
    Affine,
    BatchNormalization,
    Convolution,
    Dropout,
    Flatten,
    Layer,
    LeakyRelu,
    MeanPooling,
    Pooling,
    Relu,
    Sigmoid,
    Tanh,
)
from tui_backprop.nn.arrays import Array
from tui_backprop.own.objects import objects_within
from tui_backprop.own.seen_pass import SeenCall, as_floats
from tui_backprop.walkthrough.mistakes.chain import Link, close

_EPSILONS = (1e-6, 1e-5, 1e-7, 1e-8, 1e-3, 1e-4, 1e-9, 1e-10, 1e-12, 0.0)
"""What stands beside a variance in people's normalizations; the book's 10e-7 is the first."""

_SAME = 1e-6

Candidate = tuple[Layer, dict[str, str], Array, dict[str, Array]]
"""A layer, its parameters' names in the net, x as it takes it, and what it is given beside."""


def link_for(call: SeenCall, params: Mapping[str, Array]) -> Link | None:
    """Return the layer of ours that made this call's out of its x, None where none did.

    Args:
        call: the layer seen in a pass.
        params: the net's parameters, by name; a layer's own are found among them.
    """
    x, out = as_floats(call.x), as_floats(call.out)
    if x is None or out is None or not x.ndim or len(x) != len(out):
        return None
    held = {id(value) for value in objects_within(call.layer)}
    own: dict[str, Array] = {
        key: param.astype(np.float64) for key, param in params.items() if id(param) in held
    }
    for candidates in (_with_params(own), _WITHOUT if not own else ()):
        for propose in candidates:
            for layer, keys, taken, given in propose(call, x, out, own):
                if link := _if_same(call.name, layer, keys, taken, given, out):
                    return link
    return None


def _if_same(
    name: str,
    layer: Layer,
    keys: dict[str, str],
    x: Array,
    given: dict[str, Array],
    out: Array,
) -> Link | None:
    with np.errstate(all="ignore"):
        try:
            link = Link.of(name, layer, keys, x, given)
        except ValueError:
            return None
    same = link.out.size == out.size and close(link.out.reshape(out.shape), out, _SAME)
    return link if same else None


Propose = Callable[[SeenCall, Array, Array, dict[str, Array]], Iterator[Candidate]]


def _with_params(own: Mapping[str, Array]) -> tuple[Propose, ...]:
    dimensions = sorted(param.ndim for param in own.values())
    if dimensions in ([2], [1, 2]):
        return (_affine,)
    if dimensions in ([4], [1, 4]):
        return (_convolution,)
    return (_normalization,) if len(dimensions) == 2 and dimensions[0] == dimensions[1] else ()


def affine_of(keys: Mapping[str, str], own: Mapping[str, Array]) -> Affine:
    """Return x · W + b with the arrays of these names, or x · W alone."""
    W = own[keys["W"]]
    return Affine(W, own[keys["b"]] if "b" in keys else np.zeros(W.shape[1]))


def _weight_and_bias(own: Mapping[str, Array]) -> dict[str, str]:
    """Return the names of W and b among a layer's parameters, W first; b may be missing."""
    names = {"b" if param.ndim == 1 else "W": key for key, param in own.items()}
    return dict(sorted(names.items()))


def _affine(call: SeenCall, x: Array, out: Array, own: dict[str, Array]) -> Iterator[Candidate]:
    keys = _weight_and_bias(own)
    yield affine_of(keys, own), keys, x.reshape(len(x), -1), {}


def _convolution(
    call: SeenCall, x: Array, out: Array, own: dict[str, Array]
) -> Iterator[Candidate]:
    if x.ndim != 4 or out.ndim != 4:
        return
    keys = _weight_and_bias(own)
    W = own[keys["W"]]
    b = own[keys["b"]] if "b" in keys else np.zeros(len(W))
    for stride in range(1, 5):
        for pad in range(max(W.shape[2:])):
            sizes = [
                (side + 2 * pad - window) // stride + 1
                for side, window in zip(x.shape[2:], W.shape[2:], strict=True)
            ]
            if tuple(sizes) == out.shape[2:]:
                yield Convolution(W, b, stride, pad), keys, x, {}


def _normalization(
    call: SeenCall, x: Array, out: Array, own: dict[str, Array]
) -> Iterator[Candidate]:
    rows = x.reshape(len(x), -1)
    first, second = own
    for gamma, beta in ((first, second), (second, first)):
        keys = {"gamma": gamma, "beta": beta}
        if own[gamma].size == rows.shape[1]:
            layer = BatchNormalization(own[gamma].reshape(-1), own[beta].reshape(-1))
            for epsilon in _EPSILONS:
                yield layer, keys, rows, {"ε": np.array(epsilon)}


def _activation(call: SeenCall, x: Array, out: Array, own: dict[str, Array]) -> Iterator[Candidate]:
    if x.shape != out.shape:
        return
    for layer in (Relu(), Sigmoid(), Tanh()):
        yield layer, {}, x, {}
    below = x < 0
    if below.any():
        slope = float(np.median(out[below] / x[below]))
        if 0 < slope < 1:
            yield LeakyRelu(slope), {}, x, {}


def _reshape(call: SeenCall, x: Array, out: Array, own: dict[str, Array]) -> Iterator[Candidate]:
    if out.ndim == 2 and x.ndim > 2:
        yield Flatten(), {}, x, {}


def _dropout(call: SeenCall, x: Array, out: Array, own: dict[str, Array]) -> Iterator[Candidate]:
    if x.shape != out.shape:
        return
    with np.errstate(all="ignore"):
        mask = np.where(x != 0, out / x, np.nan)
    known = mask[np.isfinite(mask)]
    kept = known[known != 0]
    if kept.size and np.allclose(kept, kept[0], rtol=_SAME):
        # Where x is 0 its out tells nothing of the mask, and the layer may remember it.
        held = (as_floats(value) for value in objects_within(call.layer))
        for remembered in held:
            if remembered is not None and remembered.shape == x.shape and remembered is not x:
                yield Dropout(), {}, x, {"mask": remembered}
                yield Dropout(), {}, x, {"mask": remembered * kept[0]}
        yield Dropout(), {}, x, {"mask": np.where(np.isfinite(mask), mask, 0.0)}


def _pooling(call: SeenCall, x: Array, out: Array, own: dict[str, Array]) -> Iterator[Candidate]:
    if x.ndim != 4 or out.ndim != 4 or x.shape == out.shape or x.shape[1] != out.shape[1]:
        return
    height, width = x.shape[2:]
    for kind in (Pooling, MeanPooling):
        for stride in range(1, 5):
            for h, w in np.ndindex(min(6, height), min(6, width)):
                counts = (height - h - 1) // stride + 1, (width - w - 1) // stride + 1
                if counts == out.shape[2:]:
                    yield kind(h + 1, w + 1, stride), {}, x, {}


_WITHOUT: tuple[Propose, ...] = (_activation, _reshape, _pooling, _dropout)
