"""The endless sequence of training samples that minibatches are cut from."""

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]

BLOCK = 4096
"""Samples drawn at a time when sampling with replacement: a call costs more than its samples."""


class SampleStream:
    """Indices of training samples, one after the other, drawn from `rng`.

    Looking ahead changes nothing: the stream is a function of the generator's first state alone,
    however it is cut into minibatches and whoever peeks at what comes next.

    Args:
        size: number of training samples, at least 1.
        sampling: "random" draws with replacement, as the book's np.random.choice does;
            "shuffle" takes every sample once before any comes again.
    """

    def __init__(self, size: int, sampling: str, rng: np.random.Generator) -> None:
        self._size = size
        self._shuffled = sampling == "shuffle"
        self._rng = rng
        self._blocks: deque[tuple[dict[str, Any], Indices]] = deque()
        self._available = 0
        self._position = 0

    def peek(self, count: int) -> Indices:
        """Return the next `count` indices, shape (count,), without moving on. Not to be written."""
        while self._available - self._position < count:
            self._draw_block()
        first = self._blocks[0][1]
        end = self._position + count
        if end <= first.size:
            return first[self._position : end]
        return np.concatenate([block for _, block in self._blocks])[self._position : end]

    def advance(self, count: int) -> None:
        """Move on by `count` samples, which `peek` has shown before."""
        self._position += count
        while self._blocks and self._position >= self._blocks[0][1].size:
            _, used = self._blocks.popleft()
            self._position -= used.size
            self._available -= used.size

    def state(self) -> dict[str, Any]:
        """Return what `restore` needs to go on from here: plain numbers and names."""
        before = self._blocks[0][0] if self._blocks else self._rng.bit_generator.state
        return {"generator": before, "position": self._position}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from where `state` was taken."""
        self._blocks.clear()
        self._available = self._position = 0
        self._rng.bit_generator.state = state["generator"]
        self._position = int(state["position"])

    def _draw_block(self) -> None:
        before = dict(self._rng.bit_generator.state)
        if self._shuffled:
            block = self._rng.permutation(self._size)
        else:
            block = self._rng.integers(0, self._size, BLOCK)
        block = block.astype(np.intp, copy=False)
        block.flags.writeable = False
        self._blocks.append((before, block))
        self._available += block.size
