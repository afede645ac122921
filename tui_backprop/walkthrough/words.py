"""The words beside an operation: what it says of one cell of a step, told in the net's names."""

import math
from collections.abc import Sequence

from tui_backprop.nn.operation import Index, shape_text
from tui_backprop.nn.words import About, Words, cell_name, number, sentence
from tui_backprop.printable import printable
from tui_backprop.walkthrough.derivation import check_index, said_of, why_underived
from tui_backprop.walkthrough.tape import Origin, Phase, Step, Tape


def words(tape: Tape, number: int, index: Index, class_names: Sequence[str] = ()) -> Words:
    """Return what is to be said of a cell in the output of a step.

    Args:
        tape: of one minibatch.
        number: the step's.
        index: the cell's.
        class_names: of the classes, where they are called by other than their numbers.

    Raises:
        IndexError: there is no such step or cell.
    """
    step = tape.step(number)
    check_index(step.output.label, step.output.array.shape, index)
    said = _said(tape, step, about_cell(tape, step, index, class_names))
    if tape.disagreement is None or tape.disagreement.step != number:
        return said
    return Words(f"{disagreement_words(tape)} {said.short}", said.more)


def _said(tape: Tape, step: Step, about: About) -> Words:
    if step.declared is None:
        return _without_derivation(step, about)
    wrong = [named for named in (*step.inputs, step.output) if not tape.is_sound(named)]
    if wrong:
        first = tape.first_non_finite
        where = "" if first is None else f" The first such number is made by step {first.number}."
        return Words(
            f"{about.cell} = {about.value:.3g}. In {wrong[0].label} there are numbers that are not"
            f" finite, and what is made of those says nothing.{where}",
            f"They grew beyond what {step.dtype.name} holds, or are differences of such: a smaller "
            "learning rate, or smaller first weights, keep them in bounds.",
        )
    said = said_of(step, about)
    return _without_derivation(step, about) if said is None else said


def disagreement_words(tape: Tape) -> str:
    """Return which step is the first whose result its derivation does not make, "" if none is."""
    found = tape.disagreement
    if found is None:
        return ""
    step = tape.step(found.step)
    label = step.output.label
    what = f"Step {found.step}, {step.title}: the code made {label}"
    if found.cell is None or step.output.missing:
        shape, expected = shape_text(step.output.array.shape), shape_text(found.shape or ())
        return f"{what} of shape {shape}, where {step.formula} has {expected}."
    value = number(float(step.output.array[found.cell]))
    cell = cell_name("", found.cell)
    return f"{what}{cell} = {value}, where {step.formula} gives {number(found.expected)}."


def _without_derivation(step: Step, about: About) -> Words:
    """Return what can be said of a cell whose operation says nothing itself."""
    reason = sentence(why_underived(step))
    if step.output.missing:
        return Words(f"{step.output.label} is {step.output.missing}. {reason}.", "")
    return Words(
        f"{about.cell} = {number(about.value)}. {reason}.",
        "Its values, shape and statistics are those that passed through; what it was made of stands"
        " above, and nothing here says how.",
    )


def about_cell(tape: Tape, step: Step, index: Index, class_names: Sequence[str] = ()) -> About:
    """Return what an operation is told of one of its cells, with the net's names for all of it."""
    into, onto = columns_of(tape, step)
    return About(
        step.arrays,
        index,
        math.nan if step.output.missing else float(step.output.array[index]),
        step.output.label,
        _names(tape, step),
        into,
        onto,
        tuple(map(printable, class_names)),
        tape.sample_count,
    )


def columns_of(tape: Tape, step: Step) -> tuple[str, str]:
    """Return what a column is of the x and of the out of a step's layer: input, unit, class, …."""
    x = _array_of_layer(tape, step, "x")
    into = "input" if tape.input is not None and x == tape.input.label else "unit"
    scores = scores_label(tape)
    if x == scores:
        into = kind_of_outputs(tape)
    onto = "unit"
    if scores in (x, f"{step.layer}.out"):
        onto = kind_of_outputs(tape)
    return into, onto


def kind_of_outputs(tape: Tape) -> str:
    """Return what a column of the scores is: class, or output where numbers are predicted."""
    t, y = tape.targets, tape.y
    if t is None or y is None:
        return "output"
    return "class" if t.ndim == 1 and t.dtype.kind in "iu" and y.shape[1] > 1 else "output"


def scores_label(tape: Tape) -> str | None:
    """Return the label of what goes into the loss, None where no predictions are on the tape."""
    step = tape.made("y")
    return None if tape.y is None or step is None or not step.inputs else step.inputs[0].label


def _names(tape: Tape, step: Step) -> dict[str, str]:
    """Return how an operation's symbols are called where that is not by themselves.

    What the layer knows but this operation does not read is called by its label: no panel of the
    step ties its symbol to that.
    """
    names = dict(step.names)
    for symbol in ("x", *(other.output.symbol for other in _forward_steps(tape, step))):
        label = _array_of_layer(tape, step, symbol)
        if step.input(symbol) is None and label:
            names.setdefault(symbol, label)
    return names


def _array_of_layer(tape: Tape, step: Step, symbol: str) -> str:
    """Return the label of a layer's x, or of what its forward pass makes, or "" of others."""
    for other in _forward_steps(tape, step):
        if other.output.symbol == symbol:
            return other.output.label
        named = other.input(symbol)
        if named is not None and named.origin in (Origin.STEP, Origin.MINIBATCH):
            return named.label
    return ""


def _forward_steps(tape: Tape, step: Step) -> list[Step]:
    return [
        other
        for other in tape
        if other.layer == step.layer and other.phase in (Phase.FORWARD, Phase.LOSS)
    ]
