"""The same random numbers for each call of somebody's code, and nothing of theirs used up."""

import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tui_backprop.own.objects import objects_within

_SEED = 20_150_601


class Randomness:
    """What code may draw from: NumPy's and Python's global state, and generators it holds itself.

    Args:
        owners: objects and functions of that code. Generators are looked for within the objects,
            and among the globals of the modules that all of them come from.
    """

    def __init__(self, owners: Iterable[Any]) -> None:
        found: dict[int, np.random.Generator] = {}
        for owner in owners:
            for value in (*objects_within(owner), *_globals_of(owner)):
                if isinstance(value, np.random.Generator):
                    found[id(value)] = value
        self._generators = list(found.values())
        self._starts = [generator.bit_generator.state for generator in self._generators]

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Draw the same within each of these blocks; afterwards all is as it was."""
        of_numpy = np.random.get_state()  # noqa: NPY002 - it is theirs that is kept
        of_python = random.getstate()
        states = [generator.bit_generator.state for generator in self._generators]
        np.random.seed(_SEED)  # noqa: NPY002
        random.seed(_SEED)
        self._set(self._starts)
        try:
            yield
        finally:
            np.random.set_state(of_numpy)  # noqa: NPY002
            random.setstate(of_python)
            self._set(states)

    def _set(self, states: list[Any]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state


def _globals_of(owner: Any) -> list[Any]:
    """Return the globals of a function, or of the module that an object's class comes from."""
    own = getattr(owner, "__globals__", None)
    if own is None:
        own = vars(sys.modules.get(type(owner).__module__, sys))
    return list(own.values())
