"""The app that watches a run of anybody's, read-only."""

import gc
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.types import CSSPathType

from tui_backprop.session.any_watch import AnySnapshot, AnyWatch
from tui_backprop.ui.any_run.any_run_screen import AnyRunScreen
from tui_backprop.ui.painting.view_widget import BRAILLE
from tui_backprop.ui.program_app import ProgramApp


class AnyRunApp(ProgramApp):
    """Shows one run.

    Args:
        watch: what reads it.
        fps: most updates of the screen a second.
        theme: the name of the colours to begin with.
        prints: whether it is a program whose printed lines are shown too.
    """

    CSS_PATH: ClassVar[CSSPathType] = [
        Path(__file__).parents[1] / "app.tcss",
        Path(__file__).with_name("any_run.tcss"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", show=False, tooltip="Leave tui-backprop"),
    ]

    class SnapshotArrived(Message):
        """There is something new to show."""

        def __init__(self, snapshot: AnySnapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

    def __init__(
        self,
        watch: AnyWatch,
        *,
        fps: float = 10.0,
        theme: str = "textual-dark",
        prints: bool = False,
    ) -> None:
        super().__init__(theme)
        self._watch = watch
        self._fps = fps
        self._asked_for: frozenset[str] | None = None
        marker = BRAILLE if "utf" in self.encoding else "*"
        self.any_run_screen = AnyRunScreen(marker=marker, prints=prints)

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self.any_run_screen

    def on_mount(self) -> None:
        """Begin to read, and set the pace of the snapshots."""
        self.call_after_refresh(self._begin)
        self.set_interval(1 / self._fps, self._ask)
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())

    def _begin(self) -> None:
        gc.enable()
        self._watch.start(self._receive)
        self._ask()

    def _receive(self, snapshot: AnySnapshot) -> None:
        """Take a snapshot on the watch's thread, and have the app's own show it."""
        self.post_message(self.SnapshotArrived(snapshot))

    def _ask(self) -> None:
        """Ask for the next moment, unless the terminal has not taken the last one yet."""
        if self.is_behind:
            return
        wanted = self.any_run_screen.wanted
        if wanted != self._asked_for:
            self._asked_for = wanted
            self._watch.ask(wanted)

    @on(SnapshotArrived)
    def _show(self, message: SnapshotArrived) -> None:
        # The next one is asked for at the screen's pace.
        self._asked_for = None
        self.any_run_screen.show_snapshot(message.snapshot)
