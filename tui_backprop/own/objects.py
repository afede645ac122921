"""Looking into somebody's objects: what they hold, and a copy of all of it in float64."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_DEEPEST = 8


def objects_within(root: Any) -> Iterator[Any]:
    """Yield an object and what it holds in attributes, dicts, lists and tuples, each once."""
    seen: set[int] = set()
    pending = [(root, 0)]
    while pending:
        value, depth = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield value
        if depth < _DEEPEST:
            pending += [(held, depth + 1) for held in _held(value)]


def may_reach_the_original(copied: Any) -> bool:
    """Return whether a copy of an object may still compute with the original.

    A function that was hung onto it is the same one in the copy, and knows what it knew.
    """
    return any(isinstance(value, FunctionType) for value in objects_within(copied))


def _held(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    if callable(value):
        own = getattr(value, "__self__", None)
        if own is not None and not isinstance(own, type) and not isinstance(value, np.ufunc):
            return [own] if hasattr(own, "__dict__") else []
    if isinstance(value, (np.ndarray, type, ModuleType)):
        return []
    return list(attributes(value).values())


def attributes(value: Any) -> dict[str, Any]:
    """Return an object's own attributes by their names, whether or not it has a __dict__."""
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                found.setdefault(name, getattr(value, name))
    return found


def copied_array(value: Any) -> Any:
    """Return a copy of an array, and anything else as it is."""
    return value.copy() if isinstance(value, np.ndarray) else value


def copy_in_float64(root: Any) -> Any:
    """Return a deep copy in which every array of a narrower float is float64.

    What is shared within the original is shared within the copy.

    Raises:
        Exception: whatever the object raises when it is copied.
    """
    memo: dict[int, Any] = {}
    kept = []
    for value in objects_within(root):
        if type(value) is np.ndarray and value.dtype.kind == "f" and value.dtype != np.float64:
            memo[id(value)] = value.astype(np.float64)
            kept.append(value)
    return copy.deepcopy(root, memo)


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function takes; none where that cannot be told."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
