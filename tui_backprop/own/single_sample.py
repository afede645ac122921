"""What the last sample of a batch adds to each gradient, by central differences."""

from collections.abc import Mapping

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.own.central import CentralDifferences, Moves
from tui_backprop.own.compared import Parameter
from tui_backprop.own.subject import OwnNet
from tui_backprop.walkthrough.judgement import RELATIVE_TOLERANCE

_STEP = 1e-5


def last_sample_slopes(subject: OwnNet, parameters: Mapping[str, Parameter]) -> dict[str, Array]:
    """Return the last sample's part of some gradients, at the entries that were compared.

    Empty where the batch cannot be cut, or has one sample alone. The loss is taken for a mean.
    """
    x, t = subject.x, subject.t
    if not isinstance(x, np.ndarray) or not isinstance(t, np.ndarray) or len(x) != len(t):
        return {}
    if len(x) < 2:
        return {}
    try:
        alone = subject.of_samples(x[-1:], t[-1:])
        differences = CentralDifferences(alone.loss, 1.0, _STEP, RELATIVE_TOLERANCE)
    except Exception:  # their code, with a batch that nobody promised
        return {}
    slopes: dict[str, Array] = {}
    for key, parameter in parameters.items():
        judgement = differences.judge(parameter.param, Moves(parameter.flat), parameter.made)
        slopes[key] = judgement.numerical / len(x)
    return slopes
