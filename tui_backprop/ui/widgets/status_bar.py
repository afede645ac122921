"""What is being trained, how far it is, and how fast it goes."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.session.messages import RunState, SessionSnapshot
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.ui.widgets.painted_widget import PaintedWidget

_SYMBOLS = {
    RunState.LOADING: "◌",
    RunState.READY: "○",
    RunState.RUNNING: "●",
    RunState.PAUSED: "○",
    RunState.FINISHED: "✓",
    RunState.STOPPED: "✗",
}
_STATE_STYLES = {
    RunState.RUNNING: Style(color="green", bold=True),
    RunState.STOPPED: Style(color="red", bold=True),
}
_WIDE = 100
_HINTS = {
    RunState.READY: "press space to start training",
    RunState.PAUSED: "space goes on",
    RunState.FINISHED: "r starts a new run",
}


class StatusBar(PaintedWidget):
    """Two lines: the run and its state; the progress, rate and times."""

    def __init__(self) -> None:
        super().__init__(id="status-bar")
        self._snapshot: SessionSnapshot | None = None
        self._notice = ""
        self._loading = ""
        self._ended = ("", "")
        self._before_first = "◌ starting …"

    def show(self, snapshot: SessionSnapshot) -> None:
        """Show the state of this moment."""
        self._snapshot, self._loading = snapshot, ""
        self.repaint_changes()

    def show_loading(self, dataset: str) -> None:
        """Show that a data set is being loaded."""
        self._loading, self._ended = printable(dataset, limit=60), ("", "")
        self.repaint_changes()

    def show_notice(self, notice: str) -> None:
        """Show one line about something that needs attention; an empty one takes it away."""
        self._notice = printable(notice)
        self._loading = ""
        if notice:
            self._before_first = "○ no net yet: f chooses a dataset, Esc and r load it"
        self.repaint_changes()

    def show_ended(self, reason: str, help_: str) -> None:
        """Show that the training process is gone and what helps, until another one loads."""
        self._ended = reason, help_
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the two lines."""
        return [self._first_line(width), self._second_line(width)]

    def _first_line(self, width: int) -> Strip:
        if wrong := self._ended_line(width) or self._notice:
            return Strip([Segment(f" ✗ {wrong}", Style(color="red", bold=True))])
        if self._loading:
            return Strip([Segment(f" ◌ loading {self._loading} …", Style(bold=True))])
        if self._snapshot is None:
            return Strip([Segment(f" {self._before_first}", Style(bold=True))])
        state, run = self._snapshot.state, self._snapshot.training
        style = _STATE_STYLES.get(state, Style(bold=True))
        not_saved = Segment(f"{self._snapshot.not_saved}  ", Style(color="red", bold=True))
        if state is RunState.STOPPED:
            reason = stop_reason(run, can_go_back=self._snapshot.run_id is not None)
            return Strip([Segment(f" {_SYMBOLS[state]} stopped: {reason}  ", style), not_saved])
        segments = [Segment(f" {_SYMBOLS[state]} {state.value:<9}", style)]
        if self._snapshot.not_saved:
            segments.append(not_saved)
        segments.append(Segment(f"{run_title(run)}  ", Style.null()))
        speed = self._snapshot.speed_limit
        if speed is not None:
            segments.append(Segment(f"at most {speed:g} it/s  ", Style(bold=True)))
        segments.append(Segment(_HINTS.get(state, ""), Style(color="yellow", bold=True)))
        return Strip(segments)

    def _ended_line(self, width: int) -> str:
        """Return why the process is gone, cut so that what helps is still in sight."""
        reason, help_ = self._ended
        return reason and f"{printable(reason, max(10, width - len(help_) - 5))}; {help_}"

    def _second_line(self, width: int) -> Strip:
        if self._snapshot is None:
            return Strip.blank(width)
        run = self._snapshot.training
        total = run.hyperparameters.iterations
        rate = self._snapshot.iterations_per_second
        left = (total - run.iteration) / rate if rate else None
        elapsed = clock_time(self._snapshot.elapsed)
        numbers = (
            f" {run.iteration:>{len(f'{total:,}')},}/{total:,}"
            f"  epoch {run.epoch:6.2f}"
            f"  {'–' if rate is None else f'{rate:,.0f}':>6} it/s"
        )
        if width >= _WIDE:
            numbers += f"  {elapsed} elapsed  {clock_time(left)} left "
        else:
            numbers += f"  {elapsed} -{clock_time(left)} "
        room = max(0, width - len(numbers) - 2)
        filled = room * min(run.iteration, total) // total
        return Strip(
            [
                Segment(" "),
                Segment("━" * filled, Style(color="green")),
                Segment("─" * (room - filled), Style(dim=True)),
                Segment(" "),
                Segment(numbers),
            ]
        )


def run_title(run: Snapshot) -> str:
    """Return the data set, the net and the optimizer in a few words."""
    settings = run.hyperparameters
    sizes = "-".join(str(size) for size in run.layer_sizes)
    name = printable(run.dataset, limit=30)
    return (
        f"{name} {run.train_size:,}+{run.test_size:,}  {sizes}"
        f"  {settings.optimizer.upper()} η={settings.learning_rate:g}"
    )


def stop_reason(run: Snapshot, *, can_go_back: bool) -> str:
    """Return why training stopped and what helps, in 70 cells with a layer's name."""
    reason = run.non_finite
    if reason is None:
        return ""
    return (
        f"{reason.what} of {reason.where} not finite in iteration {reason.iteration:,};"
        f" {'g goes back, lower η' if can_go_back else 'lower η, then r'}"
    )


def clock_time(seconds: float | None) -> str:
    """Return seconds as h:mm:ss."""
    if seconds is None or seconds >= 360_000:
        return " -:--:--"[-7:]
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
