"""What the signs and words mean that steps show beside their numbers, and which shows which."""

from collections.abc import Callable
from dataclasses import dataclass

from tui_backprop.walkthrough.tape import Origin, Phase, Step, Tape

Shown = Callable[[Tape, Step], bool]


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """A sign or a word, what it means, and whether a step shows it."""

    term: str
    meaning: str
    shown_by: Shown


def glossary(tape: Tape, number: int) -> tuple[GlossaryEntry, ...]:
    """Return what a step shows that wants explaining, in the order of GLOSSARY.

    Raises:
        IndexError: there is no such step.
    """
    step = tape.step(number)
    return tuple(entry for entry in GLOSSARY if entry.shown_by(tape, step))


def _in_formula(*signs: str) -> Shown:
    return lambda tape, step: any(sign in step.formula for sign in signs)


def _has_origin(origin: Origin) -> Shown:
    return lambda tape, step: any(named.origin is origin for named in step.inputs)


def _everywhere(tape: Tape, step: Step) -> bool:
    return True


def _has_places(tape: Tape, step: Step) -> bool:
    return bool(tape.facts.indices)


def _is_checked(tape: Tape, step: Step) -> bool:
    return tape.parameter_of_gradient(step.number) is not None


def _is_gradient(tape: Tape, step: Step) -> bool:
    return step.phase is Phase.BACKWARD


def _is_update(tape: Tape, step: Step) -> bool:
    return step.phase is Phase.UPDATE


def _is_loss_in_nats(tape: Tape, step: Step) -> bool:
    return step.operation.output == "loss" and "log" in step.formula


def _is_matrix(tape: Tape, step: Step) -> bool:
    return any(named.array.ndim > 1 for named in (*step.inputs, step.output))


def _has_kink(tape: Tape, step: Step) -> bool:
    return _is_checked(tape, step) or any(sign in step.formula for sign in ("max", "> 0"))


GLOSSARY = (
    GlossaryEntry(
        "x, out",
        "What goes into a layer, and what comes out of it, for all samples of the minibatch: a row "
        "a sample.",
        _in_formula("out"),
    ),
    GlossaryEntry(
        "dout, dx, dW",
        "d and a name is the gradient at what is named: ∂loss/∂out, ∂loss/∂x, ∂loss/∂W. It has the "
        "same shape, and says of each entry how fast the loss rises when that entry does.",
        _is_gradient,
    ),
    GlossaryEntry(
        "dy",
        "The gradient at the scores, ∂loss/∂scores, through softmax and entropy together: "
        "(y − t) / N. The book's name for it.",
        _in_formula("dy"),
    ),
    GlossaryEntry(
        "chain rule",
        "Where out depends on x and the loss on out, ∂loss/∂x = ∂loss/∂out · ∂out/∂x; where x is "
        "used in several places, their gradients add up.",
        _is_gradient,
    ),
    GlossaryEntry(
        "·",
        "The matrix product: row times column, summed. Between two numbers, plainly times.",
        _in_formula("·"),
    ),
    GlossaryEntry("×", "Cell by cell: each with the one in its own place.", _in_formula("×")),
    GlossaryEntry(
        "ᵀ",
        "Transposed: rows become columns, so that the sum of a matrix product runs over what was "
        "the other side.",
        _in_formula("ᵀ"),
    ),
    GlossaryEntry("Σₙ", "The sum over the samples n of the minibatch.", _in_formula("Σₙ")),
    GlossaryEntry("Σₖ", "The sum over the classes k.", _in_formula("Σₖ")),
    GlossaryEntry(
        "N",
        "The number of samples in the minibatch, the batch size. ÷ 100 = N says that the terms' "
        "sum is divided by it: a mean.",
        _in_formula("/ N"),
    ),
    GlossaryEntry(
        "nats",
        "What a loss of natural logarithms is counted in. Guessing among 10 classes costs "
        "log 10 = 2.303 nats; being certain and right, 0.",
        _is_loss_in_nats,
    ),
    GlossaryEntry(
        "η",
        "The learning rate: how far a step goes against the gradient.",
        _in_formula("η"),
    ),
    GlossaryEntry("←", "Takes the value of: the new one from the old.", _in_formula("←")),
    GlossaryEntry("′", "As it is after the update.", _is_update),
    GlossaryEntry(
        "minibatch",
        "The samples that this iteration learns from, drawn from the training set: x, with what "
        "they should come to, t.",
        _has_origin(Origin.MINIBATCH),
    ),
    GlossaryEntry(
        "#951",
        "The sample's place in the training set, counted from 0. Its place in the minibatch is "
        "what rows and the words count by.",
        _has_places,
    ),
    GlossaryEntry(
        "state",
        "What is kept from iteration to iteration beside the parameters: an optimizer's means, a "
        "normalization's running mean and variance.",
        _has_origin(Origin.STATE),
    ),
    GlossaryEntry(
        "mask",
        "1 where Dropout keeps an entry in this pass, 0 where it drops it; drawn anew for each "
        "iteration.",
        _has_origin(Origin.DRAWN),
    ),
    GlossaryEntry(
        "kink",
        "Where a function bends at a point, as max(x, 0) does at 0: it has no one slope there. A "
        "numerical gradient that steps across a kink measures neither side.",
        _has_kink,
    ),
    GlossaryEntry(
        "h",
        "How far the check moves a parameter up and down: (loss(W + h) − loss(W − h)) / 2h, "
        "computed anew, beside the gradient by backpropagation. They agree where they differ by "
        "less than a millionth of themselves.",
        _is_checked,
    ),
    GlossaryEntry(
        "round-off",
        "A computed loss is off in its last digits, and dividing by 2h magnifies that. Where h is "
        "so small that this explains the difference, the check can say nothing.",
        _is_checked,
    ),
    GlossaryEntry(
        "foretold",
        "The loss after the update as the gradients alone have it: the sum of gradient times "
        "change over all entries, as if the loss were a straight line. The real one bends.",
        _is_update,
    ),
    GlossaryEntry(
        "‖·‖",
        "The norm of an array: the root of the sum of its squares. One number for how large it is.",
        _everywhere,
    ),
    GlossaryEntry(
        "tint",
        "A cell's colour: one for positive, one for negative, the stronger the larger beside the "
        "array's largest.",
        _is_matrix,
    ),
)
