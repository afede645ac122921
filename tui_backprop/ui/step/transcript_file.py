"""Writes a walkthrough to a file that was not there before."""

import re
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from tui_backprop.session.walkthrough_messages import Traced
from tui_backprop.settings.command_line import settings_as_given, step_command
from tui_backprop.walkthrough.full_check import NetCheck
from tui_backprop.walkthrough.tape import Tape
from tui_backprop.walkthrough.transcript import Provenance, markdown_transcript


def write_walkthrough(traced: Traced, check: NetCheck, folder: Path) -> Path:
    """Write a traced minibatch as Markdown to a new file in `folder`, and return its path.

    Raises:
        OSError: the file cannot be written; nothing half-written is left then.
    """
    provenance = Provenance(
        traced.iteration,
        traced.dataset,
        traced.net_title,
        settings_as_given(traced.settings),
        step_command(traced.settings, traced.iteration),
        class_names=class_names(traced.tape),
    )
    stem = f"walkthrough-iteration-{traced.iteration}"
    return write_new_file(folder, stem, markdown_transcript(traced.tape, check, provenance))


def write_tape(tape: Tape, name: str, folder: Path) -> Path:
    """Write a tape of no run as Markdown to a new file in `folder`, and return its path.

    Raises:
        OSError: the file cannot be written; nothing half-written is left then.
    """
    stem = re.sub(r"[^\w.-]+", "-", name).strip(".-")[:60] or "tape"
    return write_new_file(folder, f"walkthrough-{stem}", markdown_transcript(tape))


def class_names(tape: Tape) -> tuple[str, ...]:
    """Return the names of the classes, none where numbers are predicted."""
    return () if tape.labels is None else tape.output_names


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
