"""The whole lines in a piece of a file that grows."""

LONGEST_LINE = 2**20
"""A longer one is cut here, so that no file can take up all memory."""


def whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """Return the lines of which the end is there, and how many bytes they are."""
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) >= LONGEST_LINE:
        end = LONGEST_LINE
    return data[:end].splitlines(), end
