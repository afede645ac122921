"""Where a typed word leads on a tape: an operation, a cell, a sample."""

import re
from dataclasses import dataclass

from tui_backprop.nn.operation import Index
from tui_backprop.printable import printable
from tui_backprop.walkthrough.derivation import check_index
from tui_backprop.walkthrough.tape import Step, Tape

_CELL = re.compile(r"(.+?)\[([\d, ]+)\]")
_SAMPLE = re.compile(r"sample +(\d+)")


@dataclass(frozen=True, slots=True)
class Target:
    """An operation, a cell of its result, or a sample; what is None stays as it is."""

    step: int | None = None
    cell: Index | None = None
    sample: int | None = None


def find_target(tape: Tape, text: str) -> Target:
    """Return where 11, dW2, dW1[42,10], Affine2 dW, softmax or sample 17 lead.

    Raises:
        ValueError: nowhere; the message says what is there.
    """
    word = text.strip()
    if found := _SAMPLE.fullmatch(word):
        sample = int(found[1])
        if not tape.sample_count:
            raise ValueError("no samples: this tape does not say which axis they are along")
        if sample >= tape.sample_count:
            raise ValueError(f"sample {sample}: must be from 0 to {tape.sample_count - 1}")
        return Target(sample=sample)
    if word.isdecimal() and len(word) < 10:
        try:
            return Target(tape.step(int(word)).number)
        except IndexError as error:
            raise ValueError(str(error)) from None
    if found := _CELL.fullmatch(word):
        step = _step_called(tape, found[1])
        index = tuple(int(place) for place in found[2].split(",") if place.strip())
        try:
            check_index(step.output.label, step.output.array.shape, index)
        except IndexError as error:
            raise ValueError(str(error)) from None
        return Target(step.number, index)
    return Target(_step_called(tape, word).number)


def target_words(tape: Tape) -> list[str]:
    """Return the words that lead to each operation, for completion."""
    names = [step.output.label for step in tape]
    names += [f"{step.layer} {step.output.symbol}" for step in tape]
    return list(dict.fromkeys([*names, *(["sample "] if tape.sample_count else [])]))


def _example(tape: Tape) -> str:
    """Return what can be typed, in a few words of this tape."""
    labels = [step.output.label for step in tape]
    label = next((label for label in reversed(labels) if label in ("dW2", "dW1")), labels[-1])
    sample = " or sample 3" if tape.sample_count > 3 else ""
    return f"{label}, {min(11, len(tape))}{',' if sample else ''}{sample}"


def _step_called(tape: Tape, word: str) -> Step:
    """Return the first step whose result, or layer and result, or layer begins so."""
    wanted = word.casefold().replace(".", " ")
    if wanted:
        for begins in (str.__eq__, str.startswith):
            for step in tape:
                names = step.output.label, f"{step.layer} {step.output.symbol}", step.layer
                if any(begins(name.casefold().replace(".", " "), wanted) for name in names):
                    return step
    raise ValueError(f"{printable(word, 40)!r} is none of the tape's: try {_example(tape)}")
