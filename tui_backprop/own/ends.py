"""Which loss somebody's net has: the one that comes to the same number."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tui_backprop.nn import IdentityWithLoss, SigmoidWithLoss, SoftmaxWithLoss
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.functions import sigmoid, softmax
from tui_backprop.own.seen_pass import SeenCall, as_floats
from tui_backprop.walkthrough.mistakes.at_the_scores import SOFTMAX_WHOLE_BATCH
from tui_backprop.walkthrough.mistakes.chain import End

_IN_THE_LOG = (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-6, 1e-5, 1e-4)
"""What people add inside the log, or cut y off at, against a log of 0; the book's is the first."""

_SAME = 1e-9


def ends_for(name: str, scores: Array, t: Any, loss: float) -> Iterator[End]:
    """Yield the losses that come to this number, those without a quirk first.

    Args:
        name: how the last layer is called.
        scores: what comes before it, shape (N, outputs).
        t: targets as the net takes them.
        loss: what the net says its loss is, without weight decay.
    """
    for end, value in ends(name, scores, t):
        if abs(value - loss) <= _SAME * (1 + abs(loss)):
            yield end


def share_of(call: SeenCall) -> Array | None:
    """Return by how much less than a plain log each sample's loss moves, (N, 1): see `End`.

    None where a call of a last layer was of a plain loss, or of one that is not known.
    """
    scores = as_floats(call.x)
    if scores is None or len(call.args) < 2 or np.ndim(call.out) != 0:
        return None
    end = next(ends_for(call.name, scores, call.args[1], float(call.out)), None)
    return None if end is None else end.share


def ends(name: str, scores: Array, t: Any) -> Iterator[tuple[End, float]]:
    """Yield the losses that are known, and what each comes to."""
    if scores.ndim != 2:
        return
    with np.errstate(all="ignore"):
        yield from _softmax(name, scores, t)
        yield from _sigmoid(name, scores, t)
        yield from _squares(name, scores, t)


def _softmax(name: str, x: Array, t: Any) -> Iterator[tuple[End, float]]:
    try:
        labels = SoftmaxWithLoss.read_targets(t, x.shape)
    except (ValueError, IndexError):
        return
    shown = SoftmaxWithLoss.shown_targets(labels, x.shape[1], x.dtype)
    samples, rows = len(x), np.arange(len(x))
    y = softmax(x)
    right = y[rows, labels]
    for (value, share), factor in itertools.product(_logs(right), (1.0, float(samples))):
        end = End(SoftmaxWithLoss, name, x, y, shown, factor, share)
        yield end, factor * value
    whole = SOFTMAX_WHOLE_BATCH.sites[0].wrong({"x": x}, y)
    slope = whole - shown / samples
    for value, _ in _logs(whole[rows, labels]):
        mistake = SOFTMAX_WHOLE_BATCH
        yield End(SoftmaxWithLoss, name, x, whole, shown, 1.0, None, mistake, slope), value


def _sigmoid(name: str, x: Array, t: Any) -> Iterator[tuple[End, float]]:
    try:
        labels = SigmoidWithLoss.read_targets(t, x.shape)
    except (ValueError, IndexError):
        return
    shown = SigmoidWithLoss.shown_targets(labels, 1, x.dtype)
    y = sigmoid(x)
    right = np.where(labels == 1, y[:, 0], 1 - y[:, 0])
    for (value, share), factor in itertools.product(_logs(right), (1.0, float(len(x)))):
        yield End(SigmoidWithLoss, name, x, y, shown, factor, share), factor * value


def _squares(name: str, x: Array, t: Any) -> Iterator[tuple[End, float]]:
    targets = np.asarray(t)
    if targets.dtype.kind not in "fiub" or targets.size != x.size:
        return
    shown = targets.astype(np.float64).reshape(x.shape)
    samples, outputs = x.shape
    value = 0.5 * float(np.square(x - shown).sum()) / samples
    for factor in (1.0, 2.0, float(samples), 2.0 * samples, 2.0 / outputs, 1.0 / outputs):
        yield End(IdentityWithLoss, name, x, x.copy(), shown, factor), factor * value


def _logs(right: Array) -> Iterator[tuple[float, Array | None]]:
    """Yield the mean of −log of the right classes' probabilities (N,), and the shares of `End`.

    Plain, with a number added inside the log, and cut off at one.
    """
    yield float(-np.log(right).mean()), None
    for small in _IN_THE_LOG:
        share = right / (right + small)
        yield float(-np.log(right + small).mean()), share[:, np.newaxis]
        within = (right >= small) & (right <= 1 - small)
        cut = np.clip(right, small, 1 - small)
        yield float(-np.log(cut).mean()), within[:, np.newaxis].astype(np.float64)
