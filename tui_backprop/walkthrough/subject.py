"""The subject of a step: one cell of its result, and the cells of the operands it is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np

from tui_backprop.nn.arrays import Array
from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.derivation import check_index, terms_of
from tui_backprop.walkthrough.summary import strongest_cell
from tui_backprop.walkthrough.tape import NamedArray, Phase, Step, Tape
from tui_backprop.walkthrough.words import columns_of

_PICTURES = 4
"""Axes of an array of pictures, or of filters: the last two are rows and columns."""

_MOST_CANDIDATES = 5000
"""Cells looked at one by one: some tenths of a second."""

Span = tuple[int | None, ...]
"""An index with None where it runs over the whole axis: (None, 3) is column 3, (3, None) row 3."""


@dataclass(frozen=True, slots=True)
class Related:
    """The cells of one operand that a subject is made of, and the span that they are, if they are.

    A single cell is a span too. `first` is the one to have in sight: that of the largest term.
    """

    cells: frozenset[Index]
    span: Span | None
    first: Index


@dataclass(frozen=True, slots=True)
class Subject:
    """A cell of a step's result, and why it is this one."""

    index: Index
    reason: str


def related(tape: Tape, number: int, index: Index) -> dict[str, Related]:
    """Return which cells of each operand a cell is made of, by the operands' symbols.

    None of any where no derivation says it.

    Raises:
        IndexError: there is no such step or cell.
    """
    step = tape.step(number)
    check_index(step.output.label, step.output.array.shape, index)
    derivation = terms_of(step, index)
    if derivation is None:
        return {}
    cells: dict[str, dict[Index, float]] = {}
    for term in (*derivation.terms, *derivation.divisor_terms):
        for operand in term.operands:
            if step.input(operand.name) is not None:
                sizes = cells.setdefault(operand.name, {})
                size = abs(term.value)
                sizes[operand.index] = max(sizes.get(operand.index, -1.0), size)
    arrays = step.arrays
    return {
        symbol: Related(
            frozenset(sizes),
            _span(arrays[symbol], sizes),
            max(sizes, key=lambda cell: (sizes[cell], [-place for place in cell])),
        )
        for symbol, sizes in cells.items()
    }


def user_of(tape: Tape, number: int, symbol: str, cell: Index, subject: Index) -> Index | None:
    """Return the cell of a step's result that a cell of an operand is used in.

    Of several it is the one nearest to the subject: with as many of its places as can be.
    None where no such cell is found.

    Raises:
        IndexError: there is no such step.
    """
    step = tape.step(number)
    for index in _candidates(step.output.array.shape, cell, subject):
        derivation = terms_of(step, index)
        if derivation is None:
            return None
        terms = (*derivation.terms, *derivation.divisor_terms)
        if any(o.name == symbol and o.index == cell for term in terms for o in term.operands):
            return index
    return None


def first_subject(tape: Tape, number: int, sample: int | None = None) -> Subject:
    """Return the cell of a step's result that is worth looking at first, and why.

    It is one of the sample the net gets most wrong, unless another `sample` was chosen.

    Raises:
        IndexError: there is no such step.
    """
    step = tape.step(number)
    array = step.output.array
    if array.ndim == 0:
        return Subject((), "it is one number")
    marked = tape.disagreement
    if marked is not None and marked.step == number and marked.cell is not None:
        return Subject(marked.cell, "the code and its derivation disagree there")
    if step.output.missing:
        return Subject((0,) * array.ndim, "its numbers are not here")
    found = worst_sample(tape) if sample is None else sample
    if found is None:
        return Subject(_of_update(tape, step), "it is largest")
    worst = found
    which = _most_wrong(worst) if sample is None else f"sample {sample} was chosen"
    onto = columns_of(tape, step)[1]
    labels, y = tape.labels, tape.y
    label = int(labels[worst]) if labels is not None and onto == "class" else None
    classes = 0 if y is None else y.shape[1]
    if tape.is_by_sample(step.output):
        row = array[worst]
        at_class = label is not None and row.shape == (classes,)
        if label is not None and at_class and step.output.symbol != "dx":
            return Subject((worst, label), f"{which}; {label} is its class")
        return Subject((worst, *strongest_cell(row)), f"{which}; this is its largest value here")
    if label is not None and step.phase is Phase.BACKWARD and array.shape[-1] == classes:
        column = array[..., label]
        place = strongest_cell(column) if column.ndim else ()
        return Subject(
            (*place, label),
            f"{label} is the class of sample {worst}, which the net gets most wrong",
        )
    return Subject(_of_update(tape, step), "it changes most" if _is_new(step) else "it is largest")


def sample_of(tape: Tape, number: int, index: Index) -> int | None:
    """Return the sample that a cell is of, or of which its largest term is; None if of none.

    Raises:
        IndexError: there is no such step or cell.
    """
    step = tape.step(number)
    if tape.is_by_sample(step.output):
        return index[0]
    for symbol, cells in related(tape, number, index).items():
        named = step.input(symbol)
        if named is not None and tape.is_by_sample(named):
            return cells.first[0]
    return None


def worst_sample(tape: Tape) -> int | None:
    """Return the sample that the net gets most wrong: of the largest loss, the first if several.

    None where the tape does not say what each sample costs.
    """
    step, count = tape.data_loss, tape.sample_count
    derivation = None if step is None or not count else terms_of(step, ())
    if derivation is None or len(derivation.terms) % count:
        return None
    # An operation's terms come in the order of the samples, as many for each.
    losses = np.array([term.value for term in derivation.terms])
    with np.errstate(all="ignore"):
        losses = losses.reshape(count, -1).sum(axis=1)
    return int(np.nan_to_num(losses, nan=-1.0, posinf=np.inf).argmax())


def _most_wrong(sample: int) -> str:
    return f"sample {sample} is the one the net gets most wrong"


def _is_new(step: Step) -> bool:
    return step.phase is Phase.UPDATE and _before(step) is not None


def _before(step: Step) -> NamedArray | None:
    named = step.input(step.output.symbol)
    is_before = named is not None and named.array.shape == step.output.array.shape
    return named if is_before and named is not None and not named.missing else None


def _of_update(tape: Tape, step: Step) -> Index:
    """Return the cell that an update changes most, or of another array the largest."""
    before = _before(step)
    if step.phase is not Phase.UPDATE or before is None:
        return strongest_cell(step.output.array)
    with np.errstate(all="ignore"):
        return strongest_cell(step.output.array - before.array)


def _span(array: Array, cells: dict[Index, float]) -> Span | None:
    """Return the cells as one index with whole axes, if that is what they are."""
    if not array.ndim:
        return ()
    places = [set(axis) for axis in zip(*cells, strict=True)]
    span: list[int | None] = []
    count = 1
    for size, used in zip(array.shape, places, strict=True):
        if len(used) == 1:
            span.append(next(iter(used)))
        elif len(used) == size:
            span.append(None)
            count *= size
        else:
            return None
    return tuple(span) if count == len(cells) else None


def _candidates(shape: tuple[int, ...], cell: Index, subject: Index) -> Iterator[Index]:
    """Return the cells that may use another: the subject's places, some replaced by that one's.

    Of pictures, whose cells lie in windows of other numbers, all of the samples' cells come last.
    """
    choices = [
        {place, *(p for p in cell if p < size)} for place, size in zip(subject, shape, strict=True)
    ]
    made = {tuple(index) for index in product(*choices)}

    def distance(index: Index) -> tuple[int, Index]:
        return sum(a != b for a, b in zip(index, subject, strict=True)), index

    yield from sorted(made, key=distance)
    if _PICTURES in (len(cell), len(shape)):
        rest = product(choices[0], *map(range, shape[1:]))
        yield from islice(sorted(set(rest) - made, key=distance), _MOST_CANDIDATES)
