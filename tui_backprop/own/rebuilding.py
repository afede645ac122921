"""Somebody's net as a chain of our operations, where it is one: mistakes can be tried in that."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tui_backprop.nn import Layer, Relu, Sigmoid, Tanh
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.own.ends import ends, ends_for
from tui_backprop.own.kinds import affine_of, link_for
from tui_backprop.own.objects import attributes
from tui_backprop.own.seen_pass import SeenPass, as_floats
from tui_backprop.walkthrough.mistakes.chain import Chain, Link, close

_SAME = 1e-9
_MOST_DECAY = 10.0


def chains_of_layers(
    seen: SeenPass, params: Mapping[str, Array], loss: float, network: Any
) -> Iterator[Chain]:
    """Yield the chains that a pass through somebody's layers may have been, likeliest first.

    Args:
        seen: the pass; of its calls that of the last layer had the scores.
        params: the net's parameters.
        loss: what the net says its loss is.
        network: where a λ of weight decay may be found.
    """
    calls = [call for call in seen.calls if call.layer is not seen.last]
    ended = seen.of_last
    if not calls or len(ended) != 1:
        return
    links: list[Link] = []
    for place, call in enumerate(calls):
        link = link_for(call, params)
        if link is None or (place and not _same_numbers(calls[place - 1].out, call.x)):
            return
        links.append(link)
    end = ended[0]
    scores = as_floats(end.x)
    if scores is None or not _same_numbers(calls[-1].out, end.x):
        return
    t = end.args[1] if len(end.args) > 1 else None
    of_data = float(end.out) if np.ndim(end.out) == 0 else float("nan")
    for found in ends_for(end.name, scores, t, of_data):
        yield from _with_decay(tuple(links), found, loss - of_data, network)


def chains_of_params(
    params: Mapping[str, Array], x: Any, t: Any, loss: float, network: Any
) -> Iterator[Chain]:
    """Yield the chains of Affine layers with one activation between them that come to the loss."""
    rows = as_floats(np.asarray(x)) if x is not None else None
    pairs = _pairs(params)
    if rows is None or rows.ndim < 2 or not pairs:
        return
    rows = rows.reshape(len(rows), -1)
    free: list[Chain] = []
    kinds = (Relu, Sigmoid, Tanh) if len(pairs) > 1 else (Relu,)
    for kind in kinds:
        links = _affine_chain(pairs, params, rows, kind)
        if links is None:
            return
        for end, value in ends("loss", links[-1].out, t):
            close_to = abs(value - loss) <= _SAME * (1 + abs(loss))
            found = list(_with_decay(links, end, 0.0 if close_to else loss - value, network))
            if close_to:
                yield from found
            elif loss > value:
                free += found
    # A λ makes any loss too small fit: these come last, and have their gradients to prove them.
    yield from free


def is_right(
    chain: Chain, numerical: Mapping[str, tuple[Entries, Array]], tolerance: float
) -> bool:
    """Whether a chain's own gradients are those that central differences found.

    Args:
        chain: the net as it was rebuilt.
        numerical: of each parameter the entries compared, and their central differences.
        tolerance: as a share of the largest.
    """
    with np.errstate(all="ignore"):
        exact = chain.exact_gradients
    if exact.keys() != numerical.keys():
        return False
    for key, (entries, slopes) in numerical.items():
        if not entries.size:
            continue
        own = exact[key].reshape(-1)[entries]
        if not np.isfinite(own).all():
            return False
        scale = max(float(np.abs(slopes).max()), float(np.abs(exact[key]).max()), 1e-300)
        if np.abs(own - slopes).max() > tolerance * scale + 1e-9:
            return False
    return True


def _with_decay(links: tuple[Link, ...], end: Any, rest: float, network: Any) -> Iterator[Chain]:
    """Yield chains whose weights make up for the rest of the loss."""
    weights = {
        key: link.layer.params[symbol]
        for link in links
        for symbol, key in link.keys.items()
        if symbol == "W"
    }
    squares = sum(float(np.square(W).sum()) for W in weights.values())
    if abs(rest) <= _SAME * (1 + squares):
        yield Chain(links, end)
        return
    if rest <= 0 or squares <= 0:
        return
    decay = 2 * rest / squares
    stated = [
        float(value)
        for value in attributes(network).values()
        if isinstance(value, (int, float)) and abs(value - decay) <= 1e-6 * decay
    ]
    if decay <= _MOST_DECAY:
        yield Chain(links, end, (stated or [decay])[0], frozenset(weights))


def _same_numbers(left: Any, right: Any) -> bool:
    left, right = as_floats(left), as_floats(right)
    if left is None or right is None or left.size != right.size:
        return False
    return close(left.reshape(-1), right.reshape(-1), 1e-12)


def _pairs(params: Mapping[str, Array]) -> list[dict[str, str]]:
    """Return the names of each Affine's W and b, first to last; empty where they fit no chain."""
    weights = [key for key, param in params.items() if param.ndim == 2]
    biases = [key for key, param in params.items() if param.ndim == 1]
    if len(weights) + len(biases) != len(params) or len(biases) not in (0, len(weights)):
        return []
    if all(re.search(r"\d+$", key) for key in params):
        weights.sort(key=_number)
        biases.sort(key=_number)
    pairs = []
    for place, key in enumerate(weights):
        fits = not place or params[weights[place - 1]].shape[1] == params[key].shape[0]
        if not fits or (biases and params[biases[place]].size != params[key].shape[1]):
            return []
        pairs.append({"W": key} | ({"b": biases[place]} if biases else {}))
    return pairs


def _number(key: str) -> int:
    found = re.search(r"\d+$", key)
    return int(found[0]) if found else 0


def _affine_chain(
    pairs: list[dict[str, str]], params: Mapping[str, Array], x: Array, kind: type[Layer]
) -> tuple[Link, ...] | None:
    links: list[Link] = []
    for place, keys in enumerate(pairs):
        layer = affine_of(keys, {key: params[key].astype(np.float64) for key in keys.values()})
        if x.shape[1] != len(layer.params["W"]):
            return None
        with np.errstate(all="ignore"):
            links.append(Link.of(f"Affine{place + 1}", layer, keys, x))
            if place + 1 < len(pairs):
                links.append(Link.of(f"{kind.NAME}{place + 1}", kind(), {}, links[-1].out))
        x = links[-1].out
    return tuple(links)
