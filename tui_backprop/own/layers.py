"""The layers that somebody's net is made of."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tui_backprop.own.objects import attributes, parameter_names

_MISSING = object()


def layers_of(network: Any) -> dict[str, Any]:
    """Return a net's layers by name, first to last: what has forward and backward."""
    layers = getattr(network, "layers", None)
    if isinstance(layers, Mapping):
        named = {str(name): layer for name, layer in layers.items()}
    elif isinstance(layers, (list, tuple)):
        counts: dict[str, int] = {}
        named = {}
        for layer in layers:
            kind = type(layer).__name__
            counts[kind] = counts.get(kind, 0) + 1
            named[f"{kind}{counts[kind]}"] = layer
    else:
        return {}
    return named if all(_is_layer(layer) for layer in named.values()) else {}


def last_layer_of(network: Any, layers: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Return the layer that has the loss, and its name, where a net keeps one beside its layers."""
    known = {id(layer) for layer in layers.values()}
    for value in attributes(network).values():
        if _is_layer(value) and id(value) not in known and len(parameter_names(value.forward)) >= 2:
            return type(value).__name__, value
    return None


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give an object another attribute for the while; to one without a __dict__, a function."""
    own = attributes(owner).get(name, _MISSING)
    if own is _MISSING and not hasattr(owner, "__dict__"):
        owner, value = type(owner), _of_one(owner, name, value)
        own = vars(owner).get(name, _MISSING)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


def _of_one(owner: Any, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method for an object's class that calls a function for that one object alone."""
    method = inspect.getattr_static(type(owner), name)

    def chosen(self: Any, *args: Any, **kwargs: Any) -> Any:
        own = function if self is owner else method.__get__(self, type(self))
        return own(*args, **kwargs)

    return chosen


def _is_layer(value: Any) -> bool:
    return (
        not isinstance(value, type)
        and callable(getattr(value, "forward", None))
        and callable(getattr(value, "backward", None))
    )
