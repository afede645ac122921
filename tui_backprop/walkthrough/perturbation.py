"""Central differences of the loss for many entries of a parameter at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import TRAINING, Affine, Network, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries, MovedColumns, columns_of
from tui_backprop.walkthrough.loss_scale import loss_scale
from tui_backprop.walkthrough.minibatch import read_minibatch

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

    Moving one entry mostly moves one column of its layer's out and nothing else; a COLUMNWISE
    layer keeps that to the column, and an Affine turns the column into a product of it and a row
    of its W. So thousands of moved entries go through the rest of the net as one batch, and never
    touch what lies before. Where a layer has not declared so much, its own forward pass is made
    for each entry.

    Args:
        net: its parameters are copied.
        x: the minibatch's samples, shape (N, …).
        t: their targets.
        mode: the pass in question.
    """

    def __init__(self, net: Network, x: Array, t: npt.ArrayLike, mode: Pass = TRAINING) -> None:
        rows, self._targets = read_minibatch(net, x, t)
        self.net = net.astype(np.float64)
        self._mode = mode
        self._layers = list(self.net.layers.values())
        self._arrays = [rows.astype(np.float64)]
        with np.errstate(all="ignore"):
            twin = self.net.around(self.net.params)
            self.loss_scale = loss_scale(twin, self._arrays[0], self._targets, mode)
            self.gradients = self.net.gradient(self._arrays[0], self._targets, mode)
            for layer in self._layers:
                self._arrays.append(np.array(layer.forward(self._arrays[-1], mode)))
        self._branches = [
            layer.branches(x) for layer, x in zip(self._layers, self._arrays, strict=False)
        ]
        self._scores = self._arrays[-1]

    def chunk(self, key: str) -> int:
        """Return how many entries of a parameter are best moved at a time."""
        position, symbol = self._owner(key)
        one, step = np.zeros(1, np.intp), np.ones(1)
        by_column = self._layers[position].moved_columns(symbol, one, step) is not None
        # What goes on as columns first becomes whole rows behind the next Affine.
        rows = self._arrays[position + 2 if by_column else position + 1 :] or [self._scores]
        return max(1, _CHUNK // (2 * max(array.size for array in rows)))

    def differences(self, key: str, entries: Entries, h: float | Array) -> Differences:
        """Return (loss(θ+h) - loss(θ-h)) / 2h for each of a parameter's entries.

        Args:
            key: of the parameter.
            entries: indices into the flattened parameter, shape (E,).
            h: how far each entry moves, above 0; one number, or one for each, shape (E,).
        """
        position, symbol = self._owner(key)
        steps = np.broadcast_to(h, entries.shape)
        crossed = np.zeros(entries.size, np.bool_)
        with np.errstate(all="ignore"):
            moved = self._layers[position].moved_columns(symbol, entries, steps)
            if moved is not None:
                batches, position = self._push_columns(position + 1, moved, crossed)
            else:
                batches = self._outputs_moved(position, symbol, entries, steps)
                position += 1
            scores = self._push_batches(position, batches, crossed)
            losses = self.net.last_layer.sample_losses(scores, self._targets).mean(axis=-1)
            losses = losses.reshape(-1, 2)
            if key in self.net.decaying:
                losses += self._decay_changes(key, entries, steps)
            return Differences((losses[:, 0] - losses[:, 1]) / (2 * steps), crossed)

    def _decay_changes(self, key: str, entries: Entries, steps: Array) -> Array:
        """Return by how much weight decay's part of the loss changes with each move, (E, 2)."""
        before = self.net.params[key].reshape(-1)[entries][:, np.newaxis]
        after = before + np.stack([steps, -steps], axis=1)
        changes: Array = 0.5 * self.net.weight_decay * (after**2 - before**2)
        return changes

    def _push_columns(
        self, position: int, moved: MovedColumns, crossed: Flags
    ) -> tuple[Array, int]:
        """Return batches (2 E, N, …) of the array at the position returned, which is not before.

        `position` is that of the array whose columns `moved` are; `crossed` (E,) is set where a
        layer's kink was crossed on the way.
        """
        units, columns = moved
        while position < len(self._layers) and self._layers[position].COLUMNWISE:
            layer = self._layers[position]
            base = columns_of(self._arrays[position], units)[:, None, :]
            _mark(crossed, layer.branches(columns), layer.branches(base))
            columns = layer.forward_columns(columns, units)
            position += 1
        base = self._arrays[position]
        batches: npt.NDArray[Any]
        if position < len(self._layers) and isinstance(affine := self._layers[position], Affine):
            change = columns - columns_of(base, units)[:, None, :]
            batches = change[..., None] * affine.W[units][:, None, None, :]
            batches += self._arrays[position + 1]
            position += 1
        else:
            rows = base.reshape(len(base), -1)
            batches = np.broadcast_to(rows, (*columns.shape, rows.shape[1])).copy()
            batches[np.arange(units.size), :, :, units] = columns
        return batches.reshape(-1, *self._arrays[position].shape), position

    def _outputs_moved(self, position: int, symbol: str, entries: Entries, steps: Array) -> Array:
        """Return a layer's outputs (2 E, N, …), with one entry of a parameter moved in each."""
        layer, x = self._layers[position], self._arrays[position]
        twin = layer.around({name: param.copy() for name, param in layer.params.items()})
        flat = twin.params[symbol].reshape(-1)
        outputs = []
        for entry, step in zip(entries, steps, strict=True):
            value = flat[entry]
            for move in (step, -step):
                flat[entry] = value + move
                outputs.append(np.array(twin.forward(x, self._mode)))
            flat[entry] = value
        return np.stack(outputs)

    def _push_batches(self, position: int, batches: Array, crossed: Flags) -> Array:
        """Return the scores (2 E, N, outputs) of batches of the array at this position."""
        for place in range(position, len(self._layers)):
            layer, base = self._layers[place], self._branches[place]
            if base is not None:
                merged = layer.branches(batches.reshape(-1, *batches.shape[2:]))
                assert merged is not None
                _mark(crossed, merged.reshape(len(batches), *base.shape), base)
            batches = layer.forward_batches(batches)
        return batches

    def _owner(self, key: str) -> tuple[int, str]:
        """Return the place of the layer that holds the parameter, and its symbol there."""
        return next(
            (place, symbol)
            for place, planned in enumerate(self.net.blueprint.layers)
            for symbol, own in planned.keys.items()
            if own == key
        )


def _mark(crossed: Flags, moved: npt.NDArray[Any] | None, base: npt.NDArray[Any] | None) -> None:
    """Set `crossed` where a layer takes another branch than before: the layer's branches for all
    moved values, which begin with the entries, and for those before, which broadcast with them.
    """
    if moved is not None and base is not None:
        crossed |= (moved != base).reshape(crossed.size, -1).any(axis=1)
