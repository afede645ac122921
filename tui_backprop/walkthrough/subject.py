"""The subject of a step: one cell of its result, and the cells of the operands it is made of."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from operator import eq

import numpy as np

from tui_backprop.nn.operation import Index, Term
from tui_backprop.walkthrough.derivation import check_index, terms_of
from tui_backprop.walkthrough.step import Numbers
from tui_backprop.walkthrough.summary import strongest_cell
from tui_backprop.walkthrough.tape import NamedArray, Phase, Step, Tape
from tui_backprop.walkthrough.words import columns_of

_Rank = tuple[bool, bool, int, float]
"""How near the nearest term of a cell is, and how large."""

_LAST: _Rank = (False, False, 0, -1.0)

Span = tuple[int | None, ...]
"""An index with None where it runs over the whole axis: (None, 3) is column 3, (3, None) row 3."""


@dataclass(frozen=True, slots=True)
class Related:
    """The cells of one operand that a subject is made of, and the span that they are, if they are.

    A single cell is a span too. `first` is the one to have in sight: that of the term that comes
    first, see `Sight`. `chosen` are the cells that were chosen among others to count.
    """

    cells: frozenset[Index]
    span: Span | None
    first: Index
    chosen: frozenset[Index] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is looked at. Of a subject's terms the one that is nearest to it comes first.

    That is the one that reads `cell`, an operand's symbol and index; then one of the `sample`; then
    one in the planes that are in sight, told by the cells that are, by symbol. Of several that are
    as near, it is the largest.
    """

    cell: tuple[str, Index] | None = None
    sample: int | None = None
    in_sight: Mapping[str, Index] = field(default_factory=dict)

    def nearness(self, term: Term, by_sample: Set[str]) -> tuple[bool, bool, int]:
        """Return how near a term is; `by_sample` are the symbols whose first place is a sample."""
        reads_cell = of_sample = False
        planes = 0
        # A filter's weight has tens of thousands of terms.
        for operand in term.operands:
            name, index = operand.name, operand.index
            reads_cell |= (name, index) == self.cell
            of_sample |= name in by_sample and index[0] == self.sample
            if name in self.in_sight:
                planes += sum(map(eq, index[:-2], self.in_sight[name]))
        return reads_cell, of_sample, planes


_NOTHING = Sight()


@dataclass(frozen=True, slots=True)
class Subject:
    """A cell of a step's result, and why it is this one."""

    index: Index
    reason: str


def related(tape: Tape, number: int, index: Index, sight: Sight = _NOTHING) -> dict[str, Related]:
    """Return which cells of each operand a cell is made of, by the operands' symbols.

    Where it was decided by a choice, all cells that stood for it are among them; there may be such
    of the result too. None of any where no derivation says it.

    Raises:
        IndexError: there is no such step or cell.
    """
    step = tape.step(number)
    check_index(step.output.label, step.output.array.shape, index)
    derivation = terms_of(step, index)
    if derivation is None or step.declared is None:
        return {}
    arrays = step.arrays
    by_sample = {named.symbol for named in step.inputs if tape.is_by_sample(named)}
    cells: dict[str, dict[Index, _Rank]] = {symbol: {} for symbol in arrays}
    far = (False, False, 0)
    for term in (*derivation.terms, *derivation.divisor_terms):
        near = far if sight is _NOTHING else sight.nearness(term, by_sample)
        rank = (*near, abs(term.value))
        for operand in term.operands:
            ranks = cells.get(operand.name)
            if ranks is not None and rank > ranks.setdefault(operand.index, _LAST):
                ranks[operand.index] = rank
    chosen: dict[str, set[Index]] = {}
    for choice in step.declared.choices(arrays, index):
        chosen.setdefault(choice.name, set()).add(choice.chosen)
        ranks = cells.setdefault(choice.name, {})
        for cell in choice.among:
            ranks.setdefault(cell, _LAST)
    arrays[step.output.symbol] = step.output.array
    return {
        symbol: _related(arrays[symbol], ranks, frozenset(chosen.get(symbol, ())))
        for symbol, ranks in cells.items()
        if ranks
    }


def _related(array: Numbers, ranks: Mapping[Index, _Rank], chosen: frozenset[Index]) -> Related:
    def order(cell: Index) -> tuple[_Rank, bool, list[int]]:
        return ranks[cell], cell in chosen, [-place for place in cell]

    return Related(frozenset(ranks), _span(array, ranks), max(ranks, key=order), chosen)


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
    by_sample = {named.symbol for named in step.inputs if tape.is_by_sample(named)}
    check_index(step.output.label, step.output.array.shape, index)
    derivation = terms_of(step, index)
    if derivation is None:
        return None
    sizes: dict[int, float] = {}
    for term in (*derivation.terms, *derivation.divisor_terms):
        for operand in term.operands:
            if operand.name in by_sample:
                sample = operand.index[0]
                sizes[sample] = max(sizes.get(sample, -1.0), abs(term.value))
    return max(sizes, key=lambda sample: (sizes[sample], -sample), default=None)


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


def _span(array: Numbers, cells: Collection[Index]) -> Span | None:
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
