"""The loss curve of a run that is followed: a checkpoint's, and single points after it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tui_backprop.training.curve import Curve
from tui_backprop.training.run_metrics import MetricsPoint
from tui_backprop.training.series import CAPACITY


def prolonged(curve: Curve, iteration: int, points: Sequence[MetricsPoint]) -> Curve:
    """Return `curve`, of the first `iteration` iterations, with the losses of later points.

    Between two points the loss is drawn as a straight line, until the next checkpoint's curve
    takes its place.
    """
    later = [
        (p.iteration, p.loss) for p in points if p.loss is not None and p.iteration > iteration
    ]
    if not later:
        return curve
    last = later[-1][0]
    while -(-last // curve.width) > CAPACITY:
        curve = halved(curve)
    new = np.arange(len(curve.mean), -(-last // curve.width))
    iterations = [float(at) for at, _ in later]
    losses = [loss for _, loss in later]
    if curve.mean:
        iterations, losses = [float(iteration), *iterations], [curve.mean[-1], *losses]
    middles = np.minimum(new * curve.width + (curve.width + 1) / 2, last)
    values = tuple(np.interp(middles, iterations, losses).tolist())
    return Curve(curve.width, curve.mean + values, curve.low + values, curve.high + values)


def halved(curve: Curve) -> Curve:
    """Return the curve with buckets twice as wide."""
    width, mean, low, high = curve
    if len(mean) % 2:
        mean, low, high = (*mean, mean[-1]), (*low, low[-1]), (*high, high[-1])
    return Curve(
        2 * width,
        tuple((a + b) / 2 for a, b in list(pairwise(mean))[::2]),
        tuple(min(pair) for pair in list(pairwise(low))[::2]),
        tuple(max(pair) for pair in list(pairwise(high))[::2]),
    )
