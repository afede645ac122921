"""What is watched, how it stands, and how far it is."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.session.any_watch import AnySnapshot, quiet_seconds
from tui_backprop.ui.any_run.any_run_texts import (
    SYMBOLS,
    WATCHING,
    progress_texts,
    quiet_text,
    waiting_text,
)
from tui_backprop.ui.painting.painted_widget import PaintedWidget
from tui_backprop.ui.painting.shortening import first_fitting

_BOLD = Style(bold=True)
GOOD, BAD, HINT = "paint--good", "paint--bad", "paint--hint"


class AnyRunStatus(PaintedWidget):
    """Two lines: the run and its state; how far it is, or what is wrong."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {GOOD, BAD, HINT}

    def __init__(self) -> None:
        super().__init__(id="status-bar")
        self._snapshot: AnySnapshot | None = None

    def show(self, snapshot: AnySnapshot) -> None:
        """Show the state of this moment."""
        self._snapshot = snapshot
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the two lines."""
        snapshot = self._snapshot
        if snapshot is None:
            return [Strip([Segment(" ◌ reading …", _BOLD)])]
        run = snapshot.run
        if run.fault:
            below = Strip([Segment(f" ✗ {run.fault}", self.style_of(BAD))])
        elif not snapshot.metrics:
            below = Strip([Segment(f" {waiting_text(run)}")])
        else:
            texts = progress_texts(snapshot)
            below = first_fitting(width, (Strip([Segment(f" {text}")]) for text in texts))
        return [first_fitting(width, self._state_lines(snapshot)), below]

    def _state_lines(self, snapshot: AnySnapshot) -> Iterator[Strip]:
        run = snapshot.run
        state = run.state or WATCHING
        style = self.style_of(GOOD) + _BOLD if state in (WATCHING, "training") else _BOLD
        reason = f"{run.reason}  " if run.reason else ""
        quiet = quiet_text(quiet_seconds(run))
        for title, kind in ((run.title, run.kind), (run.title, ""), ("", "")):
            yield Strip(
                [
                    Segment(f" {SYMBOLS[state]} {state}  ", style),
                    Segment(reason, self.style_of(BAD)),
                    Segment(f"{title}  " if title else ""),
                    Segment(f"{kind}  " if kind else "", Style(dim=True)),
                    Segment(quiet, self.style_of(HINT)),
                ]
            )
