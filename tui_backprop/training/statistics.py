"""Per-layer numbers of the last iteration, and the words for what they mean."""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from tui_backprop.nn import Layer, Network
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.blueprint import PlannedLayer
from tui_backprop.training.series import BucketedSeries
from tui_backprop.training.snapshot import (
    ActivationStatistics,
    LayerStatistics,
    ParameterStatistics,
    Verdict,
)

VANISHING_SHARE = 1e-3
"""A gradient whose rms is below this share of the net's largest hardly moves its parameter.

Nets that learn stay above 1e-2. The largest of all parameters counts, biases too: where every
layer's weights are tiny, so are all their gradients, and only the last bias still learns.
"""

EXPLODING_RMS = 1.0
"""Entries of a mean loss's gradient are far below 1 in any net that learns."""

TREND_POINTS = 16
"""Most buckets of each parameter's gradient-norm trend: as many as its sparkline has cells."""


_SMALLEST_SURE_SUM = 1e-30


def euclidean_norm(array: Array) -> float:
    """Return the square root of the sum of squares."""
    flat = array.ravel()
    with np.errstate(all="ignore"):
        squares = float(np.dot(flat, flat))
        if not math.isfinite(squares) or squares < _SMALLEST_SURE_SUM:
            # The squares left the dtype's range; the values themselves may well be inside it.
            largest = float(np.max(np.abs(flat), initial=0.0))
            if largest == 0 or not math.isfinite(largest):
                return largest
            return largest * float(np.linalg.norm(flat.astype(np.float64) / largest))
    return math.sqrt(squares)


class GradientTrends:
    """The gradient norm of each parameter over the whole run, in a few buckets."""

    def __init__(self, keys: Mapping[str, Array], planned: int) -> None:
        self.series = {key: BucketedSeries(planned, TREND_POINTS) for key in keys}

    def append(self, grads: Mapping[str, Array]) -> None:
        """Add the norms of these gradients."""
        for key, grad in grads.items():
            self.series[key].append(euclidean_norm(grad))


def layer_statistics(
    net: Network,
    updates: Mapping[str, Array],
    trends: GradientTrends,
    *,
    refused_forward: bool = False,
) -> tuple[LayerStatistics, ...]:
    """Return the rows of the gradient table, first layer first: its parameters', then its own.

    Args:
        net: its `grads` and activations are those of the last iteration.
        updates: what the last iteration added to each parameter; empty before the first.
        trends: of the same parameters.
        refused_forward: the net's activations are those of a later iteration, which was refused.
    """
    norms = {key: euclidean_norm(grad) for key, grad in net.grads.items()}
    rms = {key: norm / float(np.sqrt(net.grads[key].size)) for key, norm in norms.items()}
    largest = max((value for value in rms.values() if math.isfinite(value)), default=math.nan)
    rows: list[LayerStatistics] = []
    behind = [planned.kind for planned in net.blueprint.layers[1:]]
    for planned, next_kind in zip_longest(net.blueprint.layers, behind):
        layer = net.layers[planned.name]
        for symbol, key in planned.keys.items():
            row = _parameter_row(
                planned.name,
                key,
                net.params[key],
                updates.get(key),
                norms[key],
                rms[key],
                largest,
                trends,
            )
            if symbol == "b" and next_kind is not None and next_kind.TAKES_SHIFTS_OFF:
                # Its gradient is 0 but for rounding, and that is as it should be.
                row = replace(row, verdict=Verdict.IDLE if row.verdict else Verdict.NONE)
            rows.append(row)
        if type(layer).diagnose is not Layer.diagnose:
            known = bool(updates) and not refused_forward
            rows.append(_activation_row(planned, layer, known=known))
    return tuple(rows)


def _parameter_row(
    layer: str,
    key: str,
    param: Array,
    update: Array | None,
    gradient_norm: float,
    rms: float,
    largest_rms: float,
    trends: GradientTrends,
) -> ParameterStatistics:
    norm = euclidean_norm(param)
    if update is None:
        return ParameterStatistics(
            layer, key, param.shape, norm, None, None, None, Verdict.NONE, ()
        )
    return ParameterStatistics(
        layer,
        key,
        param.shape,
        norm,
        gradient_norm,
        rms,
        euclidean_norm(update) / norm if norm else None,
        gradient_verdict(rms, largest_rms),
        trends.series[key].curve().mean,
    )


def gradient_verdict(rms: float, largest_rms: float) -> Verdict:
    """Return the word for a gradient of this rms, beside the largest finite one in the net."""
    if not math.isfinite(rms):
        return Verdict.NOT_FINITE
    if rms == 0:
        return Verdict.ZERO
    if rms > EXPLODING_RMS:
        return Verdict.EXPLODING
    return Verdict.VANISHING if rms < VANISHING_SHARE * largest_rms else Verdict.FINE


def _activation_row(planned: PlannedLayer, layer: Layer, *, known: bool) -> ActivationStatistics:
    diagnosis = layer.diagnose() if known else None
    if diagnosis is None:
        units = math.prod(planned.plan.out)
        return ActivationStatistics(planned.name, units, "", None, Verdict.NONE)
    return ActivationStatistics(
        planned.name,
        diagnosis.units,
        diagnosis.measure,
        diagnosis.share,
        diagnosis.verdict or Verdict.FINE,
    )
