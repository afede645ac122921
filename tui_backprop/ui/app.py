"""The Textual app: composes the screens, and routes commands and events."""

import gc
import time

from textual import on, work
from textual.message import Message
from textual.screen import Screen

from tui_backprop.session.client import Client
from tui_backprop.session.messages import (
    Command,
    Event,
    LoadingStarted,
    Refused,
    Resume,
    Run,
    RunState,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    WorkerEnded,
)
from tui_backprop.session.stopwatch import Clock
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.messages import CommandRequested
from tui_backprop.ui.painting.view_widget import BRAILLE, ViewWidget
from tui_backprop.ui.program_app import ProgramApp
from tui_backprop.ui.texts import ended_text, refusal_text
from tui_backprop.ui.training.training_screen import TrainingScreen

PRELOAD_AFTER = 1.0


class TuiBackpropApp(ProgramApp):
    """Shows one training process.

    Args:
        client: the training process.
        hyperparameters: of the first run.
        start: whether to train without waiting for a key.
        fps: most snapshots asked for, and so most updates of the screen, a second.
        resume: id of a stored run to open instead of a new one.
        theme: the name of the colours to begin with.
        watching: whether the client only shows a run that another process trains.
        clock: seconds that only grow.
    """

    class EventArrived(Message):
        """The training process told something."""

        def __init__(self, event: Event) -> None:
            super().__init__()
            self.event = event

    def __init__(
        self,
        client: Client,
        hyperparameters: Hyperparameters,
        *,
        start: bool = False,
        fps: float = 10.0,
        resume: str | None = None,
        watching: bool = False,
        theme: str = "textual-dark",
        clock: Clock = time.perf_counter,
    ) -> None:
        super().__init__(theme)
        self._client = client
        self._hyperparameters = hyperparameters
        self._run_when_loaded = start
        self._fps = fps
        self._resume = resume
        self._watching = watching
        self._awaiting_snapshot = self._process_ended = False
        self._before_start: list[Command] | None = []
        self.training_screen = TrainingScreen(
            hyperparameters,
            marker=BRAILLE if "utf" in self.encoding else "*",
            clock=clock,
            watching=watching,
        )

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return self.training_screen

    def on_mount(self) -> None:
        """Start the first run, and the pace of the snapshots."""
        # After the first frame: the process's start would only delay it.
        self.call_after_refresh(self._start_session)
        self.set_interval(1 / self._fps, self._ask_for_snapshot)
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())
        self.set_timer(PRELOAD_AFTER, self._preload_step_screen)

    @on(TrainingScreen.StepRequested)
    def _take_trace(self) -> None:
        from tui_backprop.session.walkthrough_messages import TakeTrace

        self._pass_on(CommandRequested(TakeTrace()))

    def _start_session(self) -> None:
        gc.enable()
        self._start_process()
        if self._watching:
            self._before_start = None
            return
        first = Start(self._hyperparameters) if self._resume is None else Resume(self._resume)
        self._client.send(first)
        for command in self._before_start or ():
            self._client.send(command)
        self._before_start = None

    def _start_process(self) -> None:
        self._process_ended = self._awaiting_snapshot = False
        try:
            self._client.start(self._receive)
        except OSError as error:
            self._show_ended(f"no training process can be started: {error.strerror}")

    def _show_ended(self, reason: str) -> None:
        self._process_ended = True
        self.training_screen.show_ended(reason)

    @work(thread=True)
    def _preload_step_screen(self) -> None:
        """Import what the step screen needs, NumPy first of all, while nobody waits for it."""
        from tui_backprop.ui.step import step_events  # noqa: F401

        self.call_later(self._mount_step_screen)

    def _mount_step_screen(self) -> None:
        from tui_backprop.ui.step.step_events import mount_step_screen

        mount_step_screen(self)
        # What is there by then stays: looking through it for garbage takes a tenth of a second.
        self.set_timer(PRELOAD_AFTER, gc.freeze)

    def _receive(self, event: Event) -> None:
        """Take an event on the client's thread, and have the app's own deal with it."""
        self.post_message(self.EventArrived(event))

    @on(CommandRequested)
    def _pass_on(self, message: CommandRequested) -> None:
        if self._before_start is not None:
            # A key that came before the training process did.
            self._before_start.append(message.command)
            return
        if self._process_ended and isinstance(message.command, Start | Resume):
            self.training_screen.show_loading("a new training process")
            self._start_process()
        self._client.send(message.command)

    @on(EventArrived)
    def _route(self, message: EventArrived) -> None:
        screen = self.training_screen
        match message.event:
            case SnapshotTaken(snapshot, requested):
                self._awaiting_snapshot = self._awaiting_snapshot and not requested
                screen.show_snapshot(snapshot)
                if snapshot.state is not RunState.RUNNING:
                    self._ask_for_missing_views()
                if self._run_when_loaded:
                    self._run_when_loaded = False
                    self._client.send(Run())
            case LoadingStarted(dataset):
                screen.show_loading(dataset)
            case Refused() as refused:
                screen.show_refusal(refused.field, refusal_text(refused))
            case WorkerEnded() as ended:
                self._show_ended(ended_text(ended))
                if len(self.screen_stack) > 1:
                    self._show_step_event(ended)
            case event:
                self._show_step_event(event)

    def _show_step_event(self, event: Event) -> None:
        # Imported when needed: it brings NumPy with it.
        from tui_backprop.ui.step.step_events import show_step_event

        show_step_event(self, event)

    def _ask_for_snapshot(self) -> None:
        """Ask for the next frame, unless nothing moves or the last one is still under way.

        A frame is under way until the terminal has taken it, however slow the link.
        """
        if self.is_behind:
            return
        if self.training_screen.state is RunState.RUNNING and not self._awaiting_snapshot:
            self._take_snapshot(self.training_screen.views.take_due())

    @on(ViewWidget.CameIntoSight)
    def _ask_for_missing_views(self) -> None:
        """Ask for the views in sight that the last snapshot did not hold."""
        screen = self.training_screen
        if screen.has_run and (missing := screen.views.take_missing()):
            self._take_snapshot(missing)

    def _take_snapshot(self, wanted: frozenset[str]) -> None:
        self._awaiting_snapshot = True
        self._client.send(TakeSnapshot(wanted))
