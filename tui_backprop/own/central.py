"""Central differences of any function of arrays, moved in place and put back to the bit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import factorial

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.walkthrough.judgement import (
    VERDICTS,
    CheckVerdict,
    Judgement,
    Probe,
    judge,
    round_off,
)
from tui_backprop.walkthrough.perturbation import Differences

_POINTS = 9
"""Losses whose differences tell how noisy a loss is."""

_ORDER = 4
"""Of those differences: a smooth loss has none left, rounding has."""

_SIGMAS = 8.0

_PERSISTS = 0.7
"""A jump of the slope within ±h is a kink if it keeps this share at h/2; curvature halves it."""

_SEEN = 1.5
"""A jump is one if it is so many times what round-off makes of a central difference."""

_SHARE = 1e-3
"""A jump smaller than this share of what it is to explain explains nothing."""

_FEW = 6
"""Slopes by which an h is chosen."""

_SETTLING = 10
_SETTLED = 1e-5
_BENDS = 0.05
"""A jump of the slope of more than this share of it is a kink, however small the step."""

_UNSURE = {CheckVerdict.KINK, CheckVerdict.CURVATURE}

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Moves:
    """Ways to move a parameter: one entry each, or all along a direction.

    `flat` (E,) are the entries in the order they lie in; `directions` (D, *shape) move all of
    them at once, none by default.
    """

    flat: Entries
    directions: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def count(self) -> int:
        """How many ways there are."""
        return self.flat.size + len(self.directions)

    def slopes(self, gradient: Array) -> Array:
        """Return what a gradient says of each way, shape (count,)."""
        along = [float(np.vdot(direction, gradient)) for direction in self.directions]
        return np.concatenate([gradient.reshape(-1)[self.flat], along])


def chosen_moves(
    shape: tuple[int, ...],
    entries: int,
    rng: np.random.Generator,
    largest: Array,
    along: int = 0,
) -> Moves:
    """Return what is compared of an array: all entries, or as many, and directions `along` it.

    Of a large one half are those with the largest gradients, half are drawn; of a square one,
    the entries across the diagonal from them go with them.
    """
    size = int(np.prod(shape))
    if size <= entries:
        return Moves(np.arange(size))
    top = np.argsort(-np.abs(largest.reshape(-1)), kind="stable")[: entries // 2]
    drawn = rng.choice(size, entries - top.size, replace=False)
    flat = np.unique(np.concatenate([top, drawn]))
    if len(shape) == 2 and shape[0] == shape[1]:
        rows, columns = np.unravel_index(flat[: entries // 2], shape)
        flat = np.unique(np.concatenate([flat, np.ravel_multi_index((columns, rows), shape)]))
    directions = rng.choice([-1.0, 1.0], (along, *shape)) / np.sqrt(size)
    return Moves(flat, directions)


class CentralDifferences:
    """Judges gradients by a function's own values.

    Args:
        evaluate: returns the function at the arrays as they stand.
        scale: magnitude of the numbers it is made of; see `noise_scale`.
        h: how far entries move.
        tolerance: how far two gradients may differ, as a share of the larger.

    Where nothing can be compared at h, a tenth of it is tried next, then a hundredth, and so on:
    as often as `finer` says.
    """

    def __init__(
        self,
        evaluate: Callable[[], float],
        scale: float,
        h: float,
        tolerance: float,
        finer: int = 0,
    ) -> None:
        self._evaluate, self._scale, self._tolerance = evaluate, scale, tolerance
        self._steps: list[float] = [h / 10**power for power in range(finer + 1)]
        self._base = evaluate()

    def judge(self, array: Array, moves: Moves, gradient: Array) -> Judgement:
        """Compare what an array's gradient says of each way to move it."""
        slopes = moves.slopes(gradient)

        def probe(some: Entries, h: float | Array) -> Differences:
            steps = np.broadcast_to(h, some.shape)
            pairs = [
                self._difference(array, moves, int(move), float(step), slopes[move])
                for move, step in zip(some, steps, strict=True)
            ]
            numerical, crossed = zip(*pairs, strict=True) if pairs else ((), ())
            return Differences(np.array(numerical), np.array(crossed, np.bool_))

        return judge(slopes, probe, self._resolving(slopes, probe), self._scale, self._tolerance)

    def settled(self, array: Array, flat: Entries) -> tuple[Entries, Array]:
        """Return the entries whose slope is the same at two steps in a row, and those slopes.

        What differs has a kink or a curve within the larger step, and a smaller one is tried.
        """
        moves = Moves(flat)
        found: dict[int, float] = {}
        for move, entry in enumerate(flat):
            before = float("nan")
            for power in range(_SETTLING):
                h = self._steps[0] / 4**power
                central, jump = self._around(array, moves, move, h)
                noise = _SEEN * round_off(self._scale, h)
                if abs(central - before) <= _SETTLED * abs(central) + noise:
                    if jump <= _BENDS * abs(central) + noise:
                        found[int(entry)] = central
                    break
                before = central
        return np.array(list(found), np.intp), np.array(list(found.values()))

    def _resolving(self, slopes: Array, probe: Probe) -> float:
        """Return the largest h at which one of a few of the slopes can be compared."""
        few = np.unique(np.linspace(0, slopes.size - 1, _FEW).astype(np.intp))
        for h in self._steps[:-1]:
            judgement = judge(
                slopes[few],
                lambda some, step: probe(few[some], step),
                h,
                self._scale,
                self._tolerance,
            )
            found = {VERDICTS[code] for code in judgement.codes}
            if not found & _UNSURE or any(verdict.compared for verdict in found):
                return float(h)
        return float(self._steps[-1])

    def _difference(
        self, array: Array, moves: Moves, move: int, h: float, slope: float
    ) -> tuple[float, bool]:
        """Return the central difference, and whether a kink within ±h accounts for the slope."""
        central, jump = self._around(array, moves, move, h)
        gap = abs(central - slope)
        if gap <= self._tolerance * max(abs(central), abs(slope)):
            return central, False
        seen = max(_SEEN * round_off(self._scale, h), _SHARE * gap)
        if not jump > seen:
            return central, False
        _, halved = self._around(array, moves, move, h / 2)
        return central, bool(_PERSISTS * jump < halved < jump / _PERSISTS)

    def _around(self, array: Array, moves: Moves, move: int, h: float) -> tuple[float, float]:
        """Return the central difference, and how far the slopes on both sides are apart."""
        above, up = self._at(array, moves, move, h)
        below, down = self._at(array, moves, move, -h)
        with np.errstate(all="ignore"):
            central: np.float64 = np.float64(above - below) / (up - down)
            jump = abs(np.float64(above - self._base) / up - np.float64(self._base - below) / -down)
        return float(central), float(jump)

    def _at(self, array: Array, moves: Moves, move: int, h: float) -> tuple[float, float]:
        """Return the function with an array moved, and how far it really was."""
        if move < moves.flat.size:
            index = np.unravel_index(moves.flat[move], array.shape)
            value = array[index]
            try:
                array[index] = value + array.dtype.type(h)
                moved = float(array[index]) - float(value)
                return self._evaluate(), moved
            finally:
                array[index] = value
        kept = array.copy()
        try:
            array += (h * moves.directions[move - moves.flat.size]).astype(array.dtype)
            return self._evaluate(), h
        finally:
            array[...] = kept


def noise_scale(
    evaluate: Callable[[], float], arrays: Sequence[Array], rng: np.random.Generator
) -> float:
    """Return the magnitude of the numbers a loss is made of, told by how it jitters.

    The loss is taken at some points close together on a line. Whatever is smooth has no fourth
    differences there; rounding has, and they tell its size (Moré and Wild 2011,
    10.1137/100786125). `round_off` of the result bounds what that does to a central difference.
    """
    narrowest = max(float(np.finfo(array.dtype).eps) for array in arrays)
    step = narrowest**0.5 / 16
    kept = [array.copy() for array in arrays]
    lines = [rng.choice([-1.0, 1.0], array.shape) for array in arrays]
    values = []
    try:
        for point in range(_POINTS):
            for array, start, line in zip(arrays, kept, lines, strict=True):
                array[...] = start + (point * step * line * (1 + np.abs(start))).astype(array.dtype)
            values.append(evaluate())
    finally:
        for array, start in zip(arrays, kept, strict=True):
            array[...] = start
    scale = 1.0 + abs(values[0])
    with np.errstate(all="ignore"):
        differences = np.diff(values, _ORDER)
        share = factorial(_ORDER) ** 2 / factorial(2 * _ORDER)
        noise = float(np.sqrt(share * np.mean(np.square(differences))))
    if not np.isfinite(noise):
        return scale
    return max(scale, _SIGMAS * noise / (16 * _EPS))
