"""Which pass a layer makes: one that trains, or one that only predicts."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass through a net. What a layer draws at random in it is a function of these alone.

    So nothing random has to be stored: whoever makes the same pass again draws the same.
    """

    training: bool = True
    seed: int = 0
    iteration: int = 0

    def generator(self, place: int) -> np.random.Generator:
        """Return where the layer at this place of the net, counted from 0, draws from."""
        return np.random.default_rng((self.seed, self.iteration, place))


TRAINING = Pass()
EVALUATION = Pass(training=False)
