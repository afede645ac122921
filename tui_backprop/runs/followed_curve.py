"""The loss curve of a run that is followed: a checkpoint's, and single points after it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.runs.format.metrics import MetricsPoint
from tui_backprop.training.curve import Curve
from tui_backprop.training.series import CAPACITY

Array = npt.NDArray[Any]


def with_later_points(curve: Curve, iteration: int, points: Sequence[MetricsPoint]) -> Curve:
    """Return `curve`, of the first `iteration` iterations, with the losses of later points.

    Each point's mean loss stands for the iterations since the point before: a bucket has their
    mean, which is right where points are close, until the next checkpoint's curve takes its place.
    """
    points = [p for p in points if p.loss is not None]
    if not points or points[-1].iteration <= iteration:
        return curve
    last = points[-1].iteration
    while -(-last // curve.width) > CAPACITY:
        curve = halved(curve)
    ends = np.array([p.iteration for p in points], np.float64)
    losses = np.array([p.loss for p in points], np.float64)
    means = np.array([p.loss if p.mean_loss is None else p.mean_loss for p in points], np.float64)
    new = np.arange(len(curve.mean), -(-last // curve.width))
    mean = _bucket_means(curve.width, new, ends, means)
    low, high = mean.copy(), mean.copy()
    # Not of `ends`, which are rounded where they are huge.
    buckets = np.array([(p.iteration - 1) // curve.width - len(curve.mean) for p in points])
    inside = buckets >= 0
    np.minimum.at(low, buckets[inside], losses[inside])
    np.maximum.at(high, buckets[inside], losses[inside])
    return Curve(
        curve.width,
        curve.mean + tuple(mean.tolist()),
        curve.low + tuple(low.tolist()),
        curve.high + tuple(high.tolist()),
    )


def _bucket_means(width: int, buckets: Array, ends: Array, means: Array) -> Array:
    """Return the mean in each bucket of what is means[i] up to ends[i], after ends[i - 1]."""
    last = ends[-1]
    starts, stops = buckets * float(width), np.minimum((buckets + 1) * float(width), last)
    first, final = np.searchsorted(ends, starts, "right"), np.searchsorted(ends, stops)
    # Sums of shares of the whole: of any finite losses, they are finite too.
    sums = np.cumsum(means * (np.diff(ends, prepend=0.0) / last))
    before, until = (np.interp(x, [0.0, *ends], [0.0, *sums]) for x in (starts, stops))
    exact = means[np.minimum(first, len(ends) - 1)]
    within = np.clip((until - before) / ((stops - starts) / last), means.min(), means.max())
    return np.where(first >= final, exact, within)


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
