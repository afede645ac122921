"""Central differences of the loss for many entries of a parameter at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import Affine, Layer, MultiLayerNet
from tui_backprop.nn.arrays import Array, Labels
from tui_backprop.nn.layers.softmax_with_loss import sample_losses
from tui_backprop.walkthrough.minibatch import read_minibatch

Entries = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

_CHUNK = 1 << 17
"""Numbers in the largest array at a time: 1 MB, which stays in the cache and takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Central differences of some entries, and where a layer's kink lay within ±h, shape (E,)."""

    numerical: Array
    crossed: Flags


class Perturbations:
    """A minibatch's passes in float64, and what they come to when entries of parameters move.

    Moving W[i,j] by h moves column j of that layer's out, by h · x[:,i], and nothing else; an
    entrywise layer keeps that to the column, and the next Affine turns the column into a product
    of it and a row of its W. So thousands of moved entries go through the rest of the net as one
    batch, and never touch what lies before.

    Args:
        net: its parameters are copied; its class says which layers are used.
        x: the minibatch's samples, shape (N, …).
        t: class indices (N,), or one-hot rows.
    """

    def __init__(self, net: MultiLayerNet, x: Array, t: Array | Labels) -> None:
        rows, self._labels = read_minibatch(net, x, t)
        self.net = net.astype(np.float64)
        self._layers = list(self.net.layers.values())
        self._arrays = [rows.astype(np.float64)]
        with np.errstate(all="ignore"):
            self.gradients = self.net.gradient(self._arrays[0], self._labels)
            for layer in self._layers:
                self._arrays.append(np.array(layer.forward(self._arrays[-1])))
        self._scores = self._arrays[-1]

    @property
    def score_scale(self) -> float:
        """The magnitude of the numbers the loss is made of: 1 + the largest |score|."""
        return 1.0 + float(np.abs(self._scores).max())

    def chunk(self, key: str) -> int:
        """Return how many entries of a parameter are best moved at a time."""
        later = self._layers[self._position(key) + 1 :]
        widths = [layer.b.size for layer in later if isinstance(layer, Affine)]
        samples, classes = self._scores.shape
        return max(1, _CHUNK // int(2 * samples * max([*widths, classes])))

    def differences(self, key: str, entries: Entries, h: float | Array) -> Differences:
        """Return (loss(θ+h) - loss(θ-h)) / 2h for each of a parameter's entries.

        Args:
            key: of the parameter.
            entries: indices into the flattened parameter, shape (E,).
            h: how far each entry moves, above 0; one number, or one for each, shape (E,).
        """
        position = self._position(key)
        before, after = self._arrays[position], self._arrays[position + 1]
        is_weight = self.net.params[key].ndim == 2
        units = entries % after.shape[1]
        samples = after.shape[0]
        slopes = before[:, entries // after.shape[1]].T if is_weight else np.ones((1, samples))
        steps = np.broadcast_to(h, entries.shape)
        moves = steps[:, None] * slopes
        # From here on: entries, the two directions, samples.
        columns = after[:, units].T[:, None, :] + np.stack([moves, -moves], axis=1)
        crossed = np.zeros(entries.size, np.bool_)
        with np.errstate(all="ignore"):
            scores = self._push(position + 1, columns, units, crossed)
            losses = sample_losses(scores, self._labels).mean(axis=-1)
            return Differences((losses[:, 0] - losses[:, 1]) / (2 * steps), crossed)

    def _push(self, position: int, columns: Array, units: Entries, crossed: Flags) -> Array:
        """Return the scores, (E, 2, N, classes), when a column of an array is another.

        `position` is that of the array; `columns` (E, 2, N) replaces its columns `units` (E,).
        """
        while position < len(self._layers) and self._layers[position].ELEMENTWISE:
            layer, base = self._layers[position], self._arrays[position][:, units].T[:, None, :]
            _mark_crossings(layer, columns, base, crossed)
            columns = layer.forward(columns)
            position += 1
        base = self._arrays[position]
        rows: npt.NDArray[Any]
        if position < len(self._layers) and isinstance(affine := self._layers[position], Affine):
            moved = columns - base[:, units].T[:, None, :]
            rows = moved[..., None] * affine.W[units][:, None, None, :]
            rows += self._arrays[position + 1]
            position += 1
        else:
            rows = np.broadcast_to(base, (*columns.shape, base.shape[1])).copy()
            rows[np.arange(units.size), :, :, units] = columns
        for layer, base in zip(self._layers[position:], self._arrays[position:-1], strict=True):
            _mark_crossings(layer, rows, base, crossed)
            out = layer.forward(rows.reshape(-1, rows.shape[-1]))
            rows = out.reshape(*columns.shape, -1)
        return rows

    def _position(self, key: str) -> int:
        """Return the place, among the layers, of the one that holds the parameter."""
        param = self.net.params[key]
        return next(
            position
            for position, layer in enumerate(self._layers)
            if any(value is param for value in layer.params.values())
        )


def _mark_crossings(layer: Layer, values: Array, base: Array, crossed: Flags) -> None:
    """Set `crossed` where a value going into a layer is on another side of its kink than before.

    Args:
        layer: with or without a kink.
        values: what goes into it, shape (E, 2, …).
        base: what went into it before anything moved; broadcasts with `values`.
        crossed: of each entry, shape (E,).
    """
    if layer.KINK is not None:
        differs = (values > layer.KINK) != (base > layer.KINK)
        crossed |= differs.reshape(crossed.size, -1).any(axis=1)
