"""Where on the tape a person is, and the way that led there."""

from dataclasses import dataclass, replace

from tui_backprop.nn.operation import Index
from tui_backprop.walkthrough.summary import strongest_cell
from tui_backprop.walkthrough.tape import Tape


@dataclass(frozen=True, slots=True)
class Place:
    """A step, the cell of its output that is looked at, and whether its derivation is open."""

    step: int
    cell: Index
    deriving: bool = False


class StepPath:
    """Moves along a tape. Moving by the arrows forgets the path; jumping to a source extends it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._before: list[Place] = []
        self.place = Place(1, self._origin(1))

    @property
    def can_go_back(self) -> bool:
        """Whether a jump can be undone."""
        return bool(self._before)

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
        """Go to an operation."""
        if step != self.place.step:
            self._before.clear()
            self.place = Place(step, self._origin(step))

    def select(self, cell: Index) -> None:
        """Look at another cell of this operation's output."""
        self.place = replace(self.place, cell=cell)

    def derive(self, deriving: bool) -> None:
        """Open or close the derivation of the cell."""
        self.place = replace(self.place, deriving=deriving)

    def jump(self, step: int, cell: Index) -> None:
        """Go to the operation and cell a number came from, remembering this place."""
        self._before.append(self.place)
        self.place = Place(step, cell, deriving=True)

    def back(self) -> None:
        """Return from the last jump."""
        if self._before:
            self.place = self._before.pop()

    def _origin(self, step: int) -> Index:
        """Return the cell to look at first: the one of the largest magnitude."""
        return strongest_cell(self.tape.step(step).output.array)
