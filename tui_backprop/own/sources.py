"""Where an array that somebody's code passes on has come from: found again by its numbers."""

from typing import Any

import numpy as np

from tui_backprop.nn.layers import Flatten
from tui_backprop.walkthrough.recorder import Known, Recorder
from tui_backprop.walkthrough.step import NamedArray, Numbers, Phase
from tui_backprop.walkthrough.undeclared import Undeclared


class Sources(Recorder):
    """A recorder that knows its arrays again; code between the layers becomes a step of its own.

    Args:
        owner: what that code is called.
        x: the first array there is.
    """

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner
        self._known: list[NamedArray] = []

    @property
    def latest(self) -> NamedArray:
        """The array that was made last."""
        return self._known[-1]

    def note(self, named: NamedArray) -> NamedArray:
        """Know an array again from now on."""
        self._known.append(named)
        return named

    def source(self, array: Any, phase: Phase, label: str) -> NamedArray:
        """Return the latest array of these very numbers; what is new was made of the latest one.

        Args:
            array: as it was passed on.
            phase: of who takes it.
            label: of what is new.
        """
        array = np.asarray(array)
        for named in reversed(self._known):
            if _is_same(named.array, array):
                return named
        known = reversed(self._known)
        reshaped = next((named for named in known if _is_reshaped(named.array, array)), None)
        code = f"{self._owner}'s own code" if reshaped is None else "reshape"
        operation = Undeclared(code, ("x",))
        title = f"{self._owner}.{phase.value}"
        read = {"x": self.latest if reshaped is None else reshaped}
        return self.note(self.append(phase, self._owner, title, operation, read, label, array))

    def rows(self, named: NamedArray, phase: Phase, layer: str, label: str) -> NamedArray:
        """Return an array with each sample as a row: itself, or of what Flatten makes of it."""
        if named.array.ndim <= 2:
            return named
        (operation,) = Flatten.FORWARD
        array = named.array.reshape(len(named.array), -1)
        title = f"{layer}.{phase.value}"
        return self.note(self.append(phase, layer, title, operation, {"x": named}, label, array))

    def as_it_was(self, rows: Known, layer: str, label: str, array: Numbers) -> NamedArray:
        """Return the gradient at an x that was made rows, in its own shape."""
        (operation,) = Flatten.BACKWARD
        title = f"{layer}.backward"
        known = self.append(Phase.BACKWARD, layer, title, operation, rows, label, array)
        return self.note(known)


def _is_same(known: Numbers, array: Numbers) -> bool:
    return (
        known.shape == array.shape
        and known.dtype == array.dtype
        and np.array_equal(known, array, equal_nan=array.dtype.kind == "f")
    )


def _is_reshaped(known: Numbers, array: Numbers) -> bool:
    return known.size == array.size and _is_same(known.reshape(-1), array.reshape(-1))
