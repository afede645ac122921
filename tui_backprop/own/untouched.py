"""Somebody's objects, put back as they were: what they hold, and the numbers in their arrays."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from tui_backprop.own.objects import attributes, objects_within


@contextmanager
def as_they_were(root: Any) -> Iterator[None]:
    """Put everything within an object back at the end of the block, the very same objects."""
    held = list(objects_within(root))
    arrays = [(value, value.copy()) for value in held if isinstance(value, np.ndarray)]
    dicts = [(value, dict(value)) for value in held if isinstance(value, dict)]
    lists = [(value, list(value)) for value in held if isinstance(value, list)]
    owners = [(value, attributes(value)) for value in held if not _is_plain(value)]
    try:
        yield
    finally:
        for owner, before in owners:
            now = attributes(owner)
            for name in now.keys() - before.keys():
                delattr(owner, name)
            for name, value in before.items():
                if name not in now or now[name] is not value:
                    setattr(owner, name, value)
        for found, entries in dicts:
            found.clear()
            found.update(entries)
        for listed, items in lists:
            listed[:] = items
        for array, numbers in arrays:
            if array.flags.writeable:
                array[...] = numbers


def _is_plain(value: Any) -> bool:
    return isinstance(value, np.ndarray | dict | list | tuple | type | ModuleType)
