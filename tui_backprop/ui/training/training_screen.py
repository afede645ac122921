"""The main screen: hyperparameters, charts, gradients and status, all at once or in tabs."""

import time

from textual import on
from textual.app import ComposeResult
from textual.events import Key
from textual.message import Message

from tui_backprop.session.messages import (
    ApplyLive,
    Command,
    LimitSpeed,
    Pause,
    Resume,
    Run,
    RunIterations,
    RunState,
    RunToEpochEnd,
    SessionSnapshot,
    Start,
)
from tui_backprop.session.stopwatch import Clock
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.ui.charts.loss_chart import LossChart
from tui_backprop.ui.messages import CommandRequested
from tui_backprop.ui.painting.key_line import KeyLine
from tui_backprop.ui.painting.pane_screen import PaneScreen
from tui_backprop.ui.painting.view_widget import BRAILLE, ViewWidget
from tui_backprop.ui.texts import READ_ONLY
from tui_backprop.ui.training.hyperparameter_form import HyperparameterForm
from tui_backprop.ui.training.shown_views import ShownViews
from tui_backprop.ui.training.status_bar import StatusBar
from tui_backprop.ui.training.status_texts import HOW_TO_GO_ON
from tui_backprop.ui.training.training_bindings import (
    CHANGE_KEYS,
    CHANGES,
    RUN_ACTIONS,
    TRAINING_BINDINGS,
)
from tui_backprop.ui.training.training_help import training_notes
from tui_backprop.ui.training.training_panes import TrainingPanes
from tui_backprop.ui.training.way_back import way_back

SPEEDS: tuple[float | None, ...] = (1, 2, 5, 10, 30, 100, 300, 1000, None)
"""Speed limits in iterations per second that + and - go through; None is full speed."""


class TrainingScreen(PaneScreen):
    """Shows snapshots of a run and turns keys into commands."""

    BINDINGS = TRAINING_BINDINGS

    class StepRequested(Message):
        """The person wants to walk through the next minibatch."""

    def __init__(
        self,
        hyperparameters: Hyperparameters,
        *,
        marker: str = BRAILLE,
        clock: Clock = time.perf_counter,
        watching: bool = False,
    ) -> None:
        super().__init__(id="training-screen")
        self._watching = watching
        self._form = HyperparameterForm(hyperparameters)
        self._form.disabled = watching
        self._status = StatusBar()
        self.views = ShownViews(marker, clock)
        self._panes = TrainingPanes(
            self._form, self.views.in_pane("charts"), self.views.in_pane("layers")
        )
        self._state = RunState.LOADING
        self._last: SessionSnapshot | None = None
        self._ended = False
        self._way_back: Start | Resume | None = None
        self._speed = len(SPEEDS) - 1

    def compose(self) -> ComposeResult:
        """Lay out the panes between the status and the keys."""
        self.fit_to_width()
        yield self._status
        yield self._panes
        yield KeyLine()

    def help_notes(self) -> str:
        """Return what the help says under the keys."""
        return training_notes()

    @property
    def state(self) -> RunState:
        """What the training process was last known to do."""
        return self._state

    @property
    def has_run(self) -> bool:
        """Whether there is a run that the training process can be asked about."""
        return self._last is not None and self._state is not RunState.LOADING and not self._ended

    def show_snapshot(self, snapshot: SessionSnapshot) -> None:
        """Show the state of this moment in every pane."""
        if self._state is RunState.FINISHED and snapshot.state is not RunState.FINISHED:
            self._status.show_notice("")
        self._state, self._last = snapshot.state, snapshot
        self._find_way_back()
        self._status.show(snapshot)
        self._form.show_in_force(snapshot.training.hyperparameters)
        self.views.show(snapshot)

    def show_loading(self, dataset: str) -> None:
        """Show that a data set is being loaded."""
        self._state, self._ended = RunState.LOADING, False
        self._find_way_back()
        self._status.show_notice("")
        self._status.show_loading(dataset)

    def show_refusal(self, field: str, message: str) -> None:
        """Show why a value was not taken, under its field and in the status."""
        self._form.refuse(field, message)
        self._status.show_notice(message)

    def show_ended(self, reason: str) -> None:
        """Show that the training process is gone; what it last told stays."""
        self._state, self._ended = RunState.STOPPED, True
        self._find_way_back()
        stored = isinstance(self._way_back, Resume)
        self._status.show_ended(
            reason, "g goes on from the last checkpoint" if stored else "g starts anew"
        )

    def on_screen_resume(self) -> None:
        """Catch up with what changed while another screen was on top."""
        self.post_message(ViewWidget.CameIntoSight())

    def on_key(self, event: Key) -> None:
        """Say why a key that changes a run does nothing where the run is only watched."""
        if self._watching and event.key in CHANGE_KEYS:
            self._status.show_briefly(READ_ONLY)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep the run's keys from working while a field is being edited."""
        editing = self.focused is not None and self._form in self.focused.ancestors
        if action == "leave_field":
            return editing
        if (action == "go_back" and self._way_back is None) or (
            self._watching and action in CHANGES
        ):
            return False
        return not editing or action not in RUN_ACTIONS

    def watch_focused(self) -> None:
        """Show the keys that work now."""
        self.refresh_bindings()

    def action_go_back(self) -> None:
        """Go on from the last checkpoint, in a new process if the old one is gone."""
        if self._way_back is not None:
            self._ask_for_net(self._way_back)

    def action_run_or_pause(self) -> None:
        """Start training, or pause it."""
        self._train(Pause() if self._state is RunState.RUNNING else Run())

    def action_one_iteration(self) -> None:
        """Make one iteration."""
        self._train(RunIterations(1))

    def action_to_epoch_end(self) -> None:
        """Train to the end of the epoch."""
        self._train(RunToEpochEnd())

    def action_step(self) -> None:
        """Walk through the next minibatch."""
        self._status.show_notice("")
        self.post_message(self.StepRequested())

    def action_reset(self) -> None:
        """Start over with the values of the form, if all of them are valid."""
        for row in self._form.invalid_rows:
            self._status.show_notice(f"{row.field.label}: {row.error}")
            return
        self._ask_for_net(Start(self._form.values()))

    def action_change_speed(self, steps: int) -> None:
        """Raise or lower the speed limit."""
        self._speed = min(max(0, self._speed + steps), len(SPEEDS) - 1)
        self._ask(LimitSpeed(SPEEDS[self._speed]))

    def action_log_scale(self) -> None:
        """Change between a linear and a logarithmic loss axis."""
        self.query_one(LossChart).toggle_log_scale()

    def action_smoothing(self) -> None:
        """Show or hide the smoothed loss."""
        self.query_one(LossChart).toggle_smoothing()

    def action_scroll_layers(self, direction: int) -> None:
        """Show other rows of the gradient table."""
        self._panes.scroll_layers(direction)

    def action_edit(self) -> None:
        """Put the cursor into the first field."""
        self.action_show_pane("form")
        self._form.focus_first()

    def action_leave_field(self) -> None:
        """Give the keys back to the run."""
        self.set_focus(None)

    def action_show_pane(self, pane: str) -> None:
        """On a small terminal, show this pane instead of the others."""
        self._panes.show_pane(pane)

    @on(HyperparameterForm.LiveChangeRequested)
    def _apply_live(self, event: HyperparameterForm.LiveChangeRequested) -> None:
        self.post_message(CommandRequested(ApplyLive(event.name, event.value)))

    def _find_way_back(self) -> None:
        """Work out what brings back a run that stopped by itself, if one did."""
        if self._watching:
            return
        before = self._way_back
        self._way_back = way_back(
            self._last, self._state, ended=self._ended, form=self._form.values()
        )
        if (self._way_back is None) != (before is None):
            self.refresh_bindings()

    def _ask_for_net(self, command: Start | Resume) -> None:
        self._ask(command)
        if self._ended:
            # The process that takes this is a new one, which knows of no limit.
            self._ask(LimitSpeed(SPEEDS[self._speed]))

    def _train(self, command: Command) -> None:
        self._ask(command)
        if self._state is RunState.FINISHED:
            self._status.show_briefly(f"finished: {HOW_TO_GO_ON}")

    def _ask(self, command: Command) -> None:
        self._status.show_notice("")
        self.post_message(CommandRequested(command))
