"""The gradient check of every parameter of a net at once, in pieces or in one go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import TRAINING, Network, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index, Shape
from tui_backprop.walkthrough.gradient_check import (
    DEFAULT_STEP,
    CellCheck,
    Kink,
    check_cell,
    check_step,
)
from tui_backprop.walkthrough.judgement import VERDICTS, Judgement, Verdict, judge
from tui_backprop.walkthrough.perturbation import Entries, Perturbations


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """The gradient check of all entries of one parameter.

    `largest_error` and `mean_error` are relative errors over the `compared` entries: all but
    those explained by a kink, and those too small for their difference to be more than round-off;
    0 where there are none. `worst` is the entry with the largest error, checked once more by
    itself; a wrong one if there is any. `counts` has the entries of each verdict.
    `example_kink` is an entry explained by a kink, and one of the units that crossed it.
    """

    key: str
    shape: Shape
    largest_error: float
    mean_error: float
    worst: CellCheck
    counts: dict[Verdict, int]
    example_kink: tuple[Index, Kink] | None

    @property
    def entries(self) -> int:
        """The number of entries."""
        return sum(self.counts.values())

    @property
    def compared(self) -> int:
        """The number of entries that `largest_error` and `mean_error` are over."""
        return self.entries - self.counts[Verdict.KINK] - self.counts[Verdict.ROUND_OFF]

    @property
    def passed(self) -> bool:
        """Whether no entry is wrong or not finite."""
        return not self.verdict.failed

    @property
    def verdict(self) -> Verdict:
        """The parameter's verdict as a whole: WRONG, NOT_FINITE or AGREES."""
        for verdict in (Verdict.WRONG, Verdict.NOT_FINITE):
            if self.counts[verdict]:
                return verdict
        return Verdict.AGREES


@dataclass(frozen=True, slots=True)
class NetCheck:
    """The gradient check of a net, or of as much of it as is done: `done` of `total` entries.

    `parameters` has those that are finished, in the net's order.
    """

    h: float
    done: int
    total: int
    parameters: tuple[ParameterCheck, ...]

    @property
    def finished(self) -> bool:
        """Whether every entry has been checked."""
        return self.done == self.total

    @property
    def passed(self) -> bool:
        """Whether nothing checked so far is wrong or not finite."""
        return all(parameter.passed for parameter in self.parameters)


def check_all(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    h: float = DEFAULT_STEP,
    progress: Callable[[NetCheck], None] | None = None,
    mode: Pass = TRAINING,
) -> NetCheck:
    """Check every gradient of a minibatch by central differences at `h`, in float64.

    Args:
        net: it is read, never written.
        x: the minibatch's samples, shape (N, …).
        t: class indices (N,), or one-hot rows.
        h: step size.
        progress: called after each piece of some milliseconds.
        mode: the pass in question: what layers draw at random in it stays the same throughout.

    Raises:
        ValueError: `h` is not positive and finite, or `x` or `t` does not fit the net.
    """
    for check in check_pieces(net, x, t, h, mode):
        if progress is not None:
            progress(check)
    return check


def check_pieces(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    h: float = DEFAULT_STEP,
    mode: Pass = TRAINING,
) -> Iterator[NetCheck]:
    """Do what `check_all` does one piece at a time, yielding the check so far after each."""
    check_step(h)
    perturbations = Perturbations(net, x, t, mode)
    params = perturbations.net.params
    total = sum(param.size for param in params.values())
    finished: tuple[ParameterCheck, ...] = ()
    done = 0
    for key, param in params.items():
        judgements = []
        size = perturbations.chunk(key)
        for start in range(0, param.size, size):
            entries = np.arange(start, min(start + size, param.size))
            judgements.append(_judge_entries(perturbations, key, entries, h))
            done += entries.size
            if entries[-1] + 1 < param.size:
                yield NetCheck(h, done, total, finished)
        finished += (_parameter_check(net, x, t, key, judgements, h, mode),)
        yield NetCheck(h, done, total, finished)


def _judge_entries(perturbations: Perturbations, key: str, entries: Entries, h: float) -> Judgement:
    return judge(
        perturbations.gradients[key].ravel()[entries],
        lambda some, step: perturbations.differences(key, entries[some], step),
        h,
        perturbations.score_scale,
    )


def _parameter_check(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    key: str,
    judgements: list[Judgement],
    h: float,
    mode: Pass,
) -> ParameterCheck:
    codes = np.concatenate([judgement.codes for judgement in judgements])
    errors = np.concatenate([judgement.relative_error for judgement in judgements])
    shape = net.params[key].shape
    counts = np.bincount(codes, minlength=len(VERDICTS))
    compared = (codes != Verdict.KINK.code) & (codes != Verdict.ROUND_OFF.code)
    failed = np.isin(codes, [verdict.code for verdict in Verdict if verdict.failed])
    candidates = failed if failed.any() else compared if compared.any() else codes >= 0
    worst = int(np.where(candidates, errors, -1.0).argmax())
    largest = float(errors[compared].max(initial=0.0))
    # Rounded, the mean of errors that hardly differ can come out above them all.
    mean = min(largest, float(errors[compared].mean())) if compared.any() else 0.0
    return ParameterCheck(
        key,
        shape,
        largest,
        mean,
        check_cell(net, x, t, key, _index(worst, shape), h, mode),
        {verdict: int(counts[verdict.code]) for verdict in Verdict},
        _example_kink(net, x, t, key, codes, h, mode),
    )


def _example_kink(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    key: str,
    codes: Array,
    h: float,
    mode: Pass,
) -> tuple[Index, Kink] | None:
    explained = np.flatnonzero(codes == Verdict.KINK.code)
    if not explained.size:
        return None
    index = _index(int(explained[0]), net.params[key].shape)
    kinks = check_cell(net, x, t, key, index, h, mode).kinks
    return (index, kinks[0]) if kinks else None


def _index(flat: int, shape: Shape) -> Index:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
