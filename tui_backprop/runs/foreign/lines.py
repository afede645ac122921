"""A file of lines, one after the other as it grows."""

from tui_backprop.runs.foreign.reading import Reading

LONGEST_LINE = 2**20
"""A longer one is cut here, so that no file can take up all memory."""


class LineParser:
    """Reads the numbers of each whole line; damaged lines are left out, and counted."""

    def __init__(self) -> None:
        self.problem = ""
        self._damaged = 0

    def take(self, data: bytes) -> tuple[list[Reading], int]:
        """Return the numbers in the next lines, and how many bytes they are."""
        readings: list[Reading] = []
        lines, used = whole_lines(data)
        for line in lines:
            found = self._readings(line)
            if found is None:
                self._damaged += 1
                self.problem = f"{self._damaged:,} damaged lines left out"
            else:
                readings += found
        return readings, used

    def _readings(self, line: bytes) -> list[Reading] | None:
        """Return the numbers of a line; None if it is damaged."""
        raise NotImplementedError


def whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """Return the lines of which the end is there, and how many bytes they are."""
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) >= LONGEST_LINE:
        end = LONGEST_LINE
    return data[:end].splitlines(), end
