"""Who trains beside us: each a class made for a data set, and what sizes its net.

`iterate(count)` makes that many iterations of batch 100 at learning rate 0.1, or with Adam at its
own.
"""

from typing import Protocol

BATCH_SIZE = 100
LEARNING_RATE = 0.1
ADAM_LEARNING_RATE = 0.001


class Peer(Protocol):
    """Whatever can make training iterations."""

    def iterate(self, count: int) -> None:
        """Make `count` iterations."""
