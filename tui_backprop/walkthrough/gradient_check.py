"""The gradient check of one cell: central differences of the real loss beside backpropagation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import TRAINING, Network, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Branches, Entries
from tui_backprop.nn.operation import Index, Shape
from tui_backprop.walkthrough.derivation import check_index
from tui_backprop.walkthrough.judgement import VERDICTS, CheckVerdict, judge, round_off
from tui_backprop.walkthrough.loss_scale import loss_scale
from tui_backprop.walkthrough.minibatch import read_minibatch
from tui_backprop.walkthrough.perturbation import Differences

DEFAULT_STEP = 1e-4
"""The book's h (4.3), and close to the best one for a loss of the order of 1 in float64."""

STEP_SIZES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


@dataclass(frozen=True, slots=True)
class Kink:
    """A unit of a layer that took another branch of its function, and the sample it did so for.

    `unit` is its place among all of the sample's.
    """

    layer: str
    sample: int
    unit: int


@dataclass(frozen=True, slots=True)
class CellCheck:
    """One gradient entry checked at one step size.

    `numerical` and `backprop` are in float64, of a float64 copy of the net; `shown` is what
    backpropagation gives in the training dtype. `relative_error` is of the first two, over the
    larger of them; `round_off` how far apart round-off alone can move them at this h.
    `kinks` are all that were crossed within ±h, whether or not they made a difference.
    """

    key: str
    index: Index
    h: float
    numerical: float
    backprop: float
    shown: float
    relative_error: float
    round_off: float
    verdict: CheckVerdict
    kinks: tuple[Kink, ...]


def check_cell(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    key: str,
    index: Index,
    h: float = DEFAULT_STEP,
    mode: Pass = TRAINING,
) -> CellCheck:
    """Check ∂loss/∂params[key][index] of a minibatch by central differences at `h`.

    Neither the net's parameters nor its gradients and passes are touched.

    Raises:
        ValueError: there is no such parameter, `h` is not positive and finite, or `x` or `t` does
            not fit the net.
        IndexError: the parameter has no such entry.
    """
    return _CellProber(net, x, t, key, index, mode).check(h)


def error_by_step_size(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    key: str,
    index: Index,
    step_sizes: tuple[float, ...] = STEP_SIZES,
    mode: Pass = TRAINING,
) -> tuple[CellCheck, ...]:
    """Return the check of one cell at each of the step sizes. Raises as `check_cell` does."""
    prober = _CellProber(net, x, t, key, index, mode)
    return tuple(prober.check(h) for h in step_sizes)


def check_step(h: float) -> None:
    """Raise ValueError unless `h` can be a step size."""
    if not 0 < h < float("inf"):
        raise ValueError(f"step size {h}: must be a positive finite number")


class _CellProber:
    """Moves one entry of a float64 copy of a net, and takes the loss there."""

    def __init__(
        self, net: Network, x: Array, t: npt.ArrayLike, key: str, index: Index, mode: Pass
    ) -> None:
        if key not in net.params:
            raise ValueError(f"parameter {key!r}: must be one of {', '.join(net.params)}")
        check_index(f"d{key}", net.params[key].shape, index)
        self._key, self._index = key, index
        rows, self._t = read_minibatch(net, x, t)
        self._mode = mode
        self._net = net.astype(np.float64)
        self._x = rows.astype(np.float64)
        with np.errstate(all="ignore"):
            self._shown = float(net.around(net.params).gradient(rows, self._t, mode)[key][index])
            self._backprop = float(self._net.gradient(self._x, self._t, mode)[key][index])
            twin = self._net.around(self._net.params)
            self._scale = loss_scale(twin, self._x, self._t, mode)
            _, self._base = self._loss_at(0.0)

    def check(self, h: float) -> CellCheck:
        """Return the check at one step size."""
        check_step(h)
        judgement = judge(np.array([self._backprop]), self._probe, h, self._scale)
        with np.errstate(all="ignore"):
            _, kinks = self._around(h)
        return CellCheck(
            self._key,
            self._index,
            h,
            float(judgement.numerical[0]),
            self._backprop,
            self._shown,
            float(judgement.relative_error[0]),
            round_off(self._scale, h),
            VERDICTS[judgement.codes[0]],
            kinks,
        )

    def _probe(self, entries: Entries, h: float | Array) -> Differences:
        """Return the difference of the one entry there is."""
        difference, kinks = self._around(float(np.max(h)))
        return Differences(np.full(entries.shape, difference), np.full(entries.shape, bool(kinks)))

    def _around(self, h: float) -> tuple[float, tuple[Kink, ...]]:
        """Return the central difference at `h`, and the kinks crossed on either side."""
        (loss_above, above), (loss_below, below) = self._loss_at(h), self._loss_at(-h)
        kinks = tuple(
            Kink(layer, int(place[0]), _unit(place, base.shape))
            for layer, base in self._base.items()
            for place in np.argwhere((above[layer] != base) | (below[layer] != base))
        )
        return (loss_above - loss_below) / (2 * h), kinks

    def _loss_at(self, move: float) -> tuple[float, dict[str, Branches]]:
        """Return the loss with the entry moved, and which branches the layers then take."""
        param = self._net.params[self._key]
        value = param[self._index]
        taken: dict[str, Branches] = {}
        try:
            param[self._index] = value + move
            out: Array = self._x
            for name, layer in self._net.layers.items():
                branches = layer.branches(out)
                if branches is not None:
                    taken[name] = branches
                out = layer.forward(out, self._mode)
            loss = self._net.last_layer.forward(out, self._t)
            return self._net.with_decay(loss), taken
        finally:
            param[self._index] = value


def _unit(place: npt.NDArray[np.intp], shape: Shape) -> int:
    return int(np.ravel_multi_index(tuple(place[1:]), shape[1:]))
