"""One sample alone: its row of every array, forward and back, in the order of the passes."""

from dataclasses import dataclass
from enum import Enum

from tui_backprop.walkthrough.derivation import computed
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.tape import NamedArray, Origin, Phase, Step, Tape


class Part(Enum):
    """What an array of one sample's pass is of the minibatch's."""

    ROW = "the sample's row"
    SHARE = "the sample's share of the sum over all"
    WHOLE = "the same for all samples"
    SUM = "of all samples together"


@dataclass(frozen=True, eq=False)
class SampleArray:
    """An array as one sample has it. `step` is the number of the step it is the result of, or None.

    A gradient at W is a sum over the samples: its SHARE is this sample's summand, so that the
    shares of all samples make the gradient; where no derivation says what they are, the SUM is all
    there is. The loss's is the sample's own loss, of which the mean
    is taken.
    """

    label: str
    array: Numbers
    part: Part
    step: int | None


def one_sample(tape: Tape, sample: int) -> tuple[SampleArray, ...]:
    """Return what a sample is on its way through the net and back, parameters where they are used.

    Raises:
        IndexError: the minibatch has no such sample.
    """
    if not 0 <= sample < tape.sample_count:
        raise IndexError(f"sample {sample}: must be from 0 to {tape.sample_count - 1}")
    arrays: list[SampleArray] = []
    seen: set[str] = set()
    # Where weights decay, the sum over the samples is the data's part of what they make.
    sums = {used.data_gradient for used in tape}
    for step in tape:
        if step.phase is Phase.UPDATE:
            break
        for named in step.inputs:
            is_shown = named.step is None and named.origin not in (Origin.CONSTANT, Origin.SETTING)
            is_shown &= not named.missing
            if is_shown and named.label not in seen:
                seen.add(named.label)
                arrays.append(_row(tape, named, sample))
        if not step.output.missing:
            arrays.append(_result(tape, step, sample, is_sum=step.number in sums))
    return tuple(arrays)


def _row(tape: Tape, named: NamedArray, sample: int) -> SampleArray:
    if tape.is_by_sample(named):
        return SampleArray(named.label, named.array[sample], Part.ROW, named.step)
    return SampleArray(named.label, named.array, Part.WHOLE, named.step)


def _result(tape: Tape, step: Step, sample: int, *, is_sum: bool) -> SampleArray:
    is_sum |= tape.parameter_of_gradient(step.number) is not None or step.phase is Phase.LOSS
    if not is_sum or step.is_of_decay or tape.is_by_sample(step.output):
        return _row(tape, step.output, sample)
    share = _share(tape, step, sample)
    if share is None:
        return SampleArray(step.output.label, step.output.array, Part.SUM, step.number)
    return SampleArray(step.output.label, share, Part.SHARE, step.number)


def _share(tape: Tape, step: Step, sample: int) -> Numbers | None:
    """Return what a step makes of one sample alone, None where nobody has declared how."""
    only = {
        named.symbol: named.array[sample : sample + 1] if tape.is_by_sample(named) else named.array
        for named in step.inputs
    }
    return computed(step, only)
