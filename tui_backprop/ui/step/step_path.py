"""Where on the tape a person is, and the way that led there."""

from dataclasses import dataclass, replace

from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.tape import Step, Tape


@dataclass(frozen=True, slots=True)
class ArrayCell:
    """A cell of the array of that label."""

    label: str
    index: Index


@dataclass(frozen=True, slots=True)
class TermChoice:
    """A term of a derivation, the largest being 0, and one of its operands.

    Without an operand, it is the first of them that a step made.
    """

    term: int = 0
    operand: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A step, and what of it is looked at.

    `cell` is of the step's output, None until one is chosen; `focus` is where the arrows move a
    cursor, None while they are the tape's; `choice` counts while the derivation is open.
    """

    step: int
    cell: Index | None = None
    deriving: bool = False
    choice: TermChoice = TermChoice()
    focus: ArrayCell | None = None


class StepPath:
    """Moves along a tape. Moving by the arrows forgets the path; jumping to a source extends it."""

    def __init__(self, tape: Tape, step: int = 1) -> None:
        self.tape = tape
        self._before: list[Place] = []
        self.place = Place(min(step, len(tape)))

    @property
    def before(self) -> tuple[Place, ...]:
        """The places that jumps started from, the last one last."""
        return tuple(self._before)

    @property
    def step(self) -> Step:
        """The operation that is looked at."""
        return self.tape.step(self.place.step)

    @property
    def at_end(self) -> bool:
        """Whether this is the last operation."""
        return self.place.step == len(self.tape)

    def move_by(self, steps: int) -> None:
        """Go `steps` operations along the tape, at most to its ends."""
        self.move_to(min(max(1, self.place.step + steps), len(self.tape)))

    def move_by_phase(self, direction: int) -> None:
        """Go to the first operation of the next phase (1) or of this or the one before (-1)."""
        step = self.place.step
        self.move_to(
            self.tape.next_phase(step) if direction > 0 else self.tape.previous_phase(step)
        )

    def move_to(self, step: int) -> None:
        """Go to an operation, without a derivation."""
        if step != self.place.step:
            self._before.clear()
            self.place = Place(step)
        elif self.place.deriving:
            self.close_derivation()

    def select(self, cell: Index) -> None:
        """Look at another cell of this operation's output."""
        self.place = replace(self.place, cell=cell)

    def focus(self, focus: ArrayCell | None) -> None:
        """Give the arrows to an array's cursor, or to the tape."""
        self.place = replace(self.place, focus=focus)

    def open_derivation(self, cell: Index) -> None:
        """Open the derivation of a cell of this operation's output."""
        self.place = replace(self.place, cell=cell, deriving=True, choice=TermChoice())

    def close_derivation(self) -> None:
        """Close the derivation of the cell."""
        self.place = replace(self.place, deriving=False)

    def choose(self, choice: TermChoice) -> None:
        """Look at another term of the derivation."""
        self.place = replace(self.place, choice=choice)

    def jump(self, step: int, cell: Index) -> None:
        """Go to the operation and cell a number came from, remembering this place."""
        self._before.append(self.place)
        self.place = Place(step, cell, deriving=True)

    def back(self) -> None:
        """Return from the last jump, if there was one."""
        if self._before:
            self.place = self._before.pop()
