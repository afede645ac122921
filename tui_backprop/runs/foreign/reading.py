"""What a reader of other programs' files gives: named numbers at steps."""

from typing import NamedTuple, Protocol


class Reading(NamedTuple):
    """One number. `step` is None where the file tells none: they are counted then."""

    name: str
    step: float | None
    value: float


class Parser(Protocol):
    """Takes in one file as it grows. Whatever the bytes are, it raises nothing.

    Attributes:
        problem: what of the file cannot be read, in one line; empty if all can.
    """

    problem: str

    def take(self, data: bytes) -> tuple[list[Reading], int]:
        """Return the readings in the next bytes, and how many of them were used.

        What is not used is not whole yet: it comes again, with more behind it.
        """
