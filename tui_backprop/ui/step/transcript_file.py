"""Writes a walkthrough to a file that was not there before."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path

from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.walkthrough.full_check import NetCheck
from tui_backprop.walkthrough.transcript import transcript, transcript_heading


def write_walkthrough(traced: Traced, check: NetCheck, folder: Path) -> Path:
    """Write a traced minibatch as Markdown to a new file in `folder`, and return its path.

    Raises:
        OSError: the file cannot be written; nothing half-written is left then.
    """
    heading = transcript_heading(
        traced.iteration, traced.dataset, traced.layer_sizes, traced.learning_rate
    )
    stem = f"walkthrough-iteration-{traced.iteration}"
    return write_new_file(folder, stem, transcript(traced.tape, check, heading))


def write_new_file(folder: Path, stem: str, lines: Iterable[str]) -> Path:
    """Write lines to `stem`.md in `folder`, or `stem`-2.md if that exists, and return the path.

    Raises:
        OSError: the file cannot be written; nothing half-written is left then.
    """
    for number in count(1):
        path = folder / (f"{stem}.md" if number == 1 else f"{stem}-{number}.md")
        try:
            file = path.open("x", encoding="utf-8")
        except FileExistsError:
            continue
        try:
            with file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("count() does not end")
