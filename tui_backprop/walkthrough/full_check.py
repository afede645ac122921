"""The gradient check of every parameter of a net at once, in pieces or in one go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from tui_backprop.nn import TRAINING, Network, Pass
from tui_backprop.nn.arrays import Array
from tui_backprop.nn.layers.layer import Entries
from tui_backprop.nn.operation import Index, Shape
from tui_backprop.walkthrough.gradient_check import (
    DEFAULT_STEP,
    CellCheck,
    Kink,
    check_cell,
    check_step,
)
from tui_backprop.walkthrough.judgement import (
    RELATIVE_TOLERANCE,
    CheckVerdict,
    Judgement,
    compared_in,
    counts_of,
    judge,
    round_off,
)
from tui_backprop.walkthrough.perturbation import Perturbations


class CheckOutcome(Enum):
    """What a check comes to. Where nothing could be compared, it says neither right nor wrong.

    ZERO is a parameter whose gradients are 0 up to round-off, on both sides, at an h that resolves
    a millionth of the net's largest gradient: as of a bias in front of a normalization.
    """

    RIGHT = auto()
    ZERO = auto()
    WRONG = auto()
    NOT_CHECKABLE = auto()


@dataclass(frozen=True, slots=True)
class ParameterCheck:
    """The gradient check of all entries of one parameter.

    `largest_error` and `mean_error` are relative errors over the `compared` entries: all but
    those whose difference is explained by a kink, by curvature or by round-off; 0 where there are
    none. `worst` is the entry with the largest error, checked once more by itself; a wrong one if
    there is any. `counts` has the entries of each verdict; `is_zero` tells whether all gradients
    are 0 up to round-off. `example_kink` is an entry explained by a kink, and one of the units
    that crossed it.
    """

    key: str
    shape: Shape
    largest_error: float
    mean_error: float
    worst: CellCheck
    counts: dict[CheckVerdict, int]
    is_zero: bool
    example_kink: tuple[Index, Kink] | None

    @property
    def entries(self) -> int:
        """The number of entries."""
        return sum(self.counts.values())

    @property
    def compared(self) -> int:
        """The number of entries that `largest_error` and `mean_error` are over."""
        return sum(count for verdict, count in self.counts.items() if verdict.compared)

    @property
    def outcome(self) -> CheckOutcome:
        """WRONG if any entry is wrong or not finite, RIGHT if all that were compared agree."""
        if any(count for verdict, count in self.counts.items() if verdict.failed):
            return CheckOutcome.WRONG
        if self.compared:
            return CheckOutcome.RIGHT
        all_round_off = self.counts[CheckVerdict.ROUND_OFF] == self.entries
        zero = self.is_zero and all_round_off
        return CheckOutcome.ZERO if zero else CheckOutcome.NOT_CHECKABLE


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
    def compared(self) -> int:
        """The entries compared so far."""
        return sum(parameter.compared for parameter in self.parameters)

    @property
    def outcome(self) -> CheckOutcome:
        """WRONG if a parameter is, else NOT_CHECKABLE if one is, else RIGHT or ZERO."""
        outcomes = {parameter.outcome for parameter in self.parameters}
        for outcome in (CheckOutcome.WRONG, CheckOutcome.NOT_CHECKABLE):
            if outcome in outcomes:
                return outcome
        return CheckOutcome.RIGHT if self.compared else CheckOutcome.ZERO


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
    largest = {key: float(np.abs(grad).max()) for key, grad in perturbations.gradients.items()}
    noise = round_off(perturbations.loss_scale, h)
    for key, param in params.items():
        judgements = []
        size = perturbations.chunk(key)
        for start in range(0, param.size, size):
            entries = np.arange(start, min(start + size, param.size))
            judgements.append(_judge_entries(perturbations, key, entries, h))
            done += entries.size
            if entries[-1] + 1 < param.size:
                yield NetCheck(h, done, total, finished)
        is_zero = largest[key] <= noise <= RELATIVE_TOLERANCE * max(largest.values())
        finished += (_parameter_check(net, x, t, key, judgements, h, mode, is_zero=is_zero),)
        yield NetCheck(h, done, total, finished)


def _judge_entries(perturbations: Perturbations, key: str, entries: Entries, h: float) -> Judgement:
    return judge(
        perturbations.gradients[key].ravel()[entries],
        lambda some, step: perturbations.differences(key, entries[some], step),
        h,
        perturbations.loss_scale,
    )


def _parameter_check(
    net: Network,
    x: Array,
    t: npt.ArrayLike,
    key: str,
    judgements: list[Judgement],
    h: float,
    mode: Pass,
    *,
    is_zero: bool,
) -> ParameterCheck:
    codes = np.concatenate([judgement.codes for judgement in judgements])
    errors = np.concatenate([judgement.relative_error for judgement in judgements])
    shape = net.params[key].shape
    compared = compared_in(codes)
    failed = np.isin(codes, [verdict.code for verdict in CheckVerdict if verdict.failed])
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
        counts_of(codes),
        is_zero,
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
    explained = np.flatnonzero(codes == CheckVerdict.KINK.code)
    if not explained.size:
        return None
    index = _index(int(explained[0]), net.params[key].shape)
    kinks = check_cell(net, x, t, key, index, h, mode).kinks
    return (index, kinks[0]) if kinks else None


def _index(flat: int, shape: Shape) -> Index:
    return tuple(int(i) for i in np.unravel_index(flat, shape))
