"""What is being trained, how far it is, and how fast it goes."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_backprop.printable import printable
from tui_backprop.session.messages import RunState, SessionSnapshot
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.ui.painting.painted_widget import PaintedWidget, StyleOf
from tui_backprop.ui.painting.shortening import first_fitting, split_between_words

_SYMBOLS = {
    RunState.LOADING: "◌",
    RunState.READY: "○",
    RunState.RUNNING: "●",
    RunState.PAUSED: "○",
    RunState.INTERRUPTED: "○",
    RunState.FINISHED: "✓",
    RunState.STOPPED: "✗",
}
_BOLD = Style(bold=True)
GOOD, BAD, HINT = "paint--good", "paint--bad", "paint--hint"
_WIDE = 100
_NOTICE_SECONDS = 4.0

_LOST_TO_WRAPPING = 25
"""Cells of two lines that a text with spaces may leave empty, its mark and indent among them."""


HOW_TO_GO_ON = "raise Iterations to go on, r starts a new run"
"""What to do where all iterations are made."""

_HINTS = {
    RunState.READY: "press space to start training",
    RunState.PAUSED: "space goes on",
    RunState.FINISHED: HOW_TO_GO_ON,
}


class StatusBar(PaintedWidget):
    """Two lines: the run and its state; the progress, rate and times."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {GOOD, BAD, HINT}

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

    def show_briefly(self, notice: str) -> None:
        """Show a notice that takes itself away."""
        self.show_notice(notice)
        self.set_timer(_NOTICE_SECONDS, partial(self._take_away, self._notice))

    def _take_away(self, notice: str) -> None:
        if self._notice == notice:
            self.show_notice("")

    def show_ended(self, reason: str, help_: str) -> None:
        """Show that the training process is gone and what helps, until another one loads."""
        self._ended = reason, help_
        self.repaint_changes()

    def compose_lines(self, width: int, height: int) -> Sequence[Strip]:
        """Return the two lines. What is wrong takes both if it does not fit on the first."""
        if wrong := self._ended_text(width) or self._notice:
            return self._trouble_lines(f" ✗ {wrong}", width)
        snapshot = self._snapshot
        if snapshot is None or self._loading:
            text = f"◌ loading {self._loading} …" if self._loading else self._before_first
            return [Strip([Segment(f" {text}", _BOLD)]), self._second_line(width)]
        if snapshot.state is RunState.STOPPED:
            texts = stopped_texts(snapshot)
            fitting = (text for text in texts if cell_len(text) <= width)
            return self._trouble_lines(next(fitting, texts[0]), width)
        return [
            first_fitting(width, state_lines(snapshot, self.style_of)),
            self._second_line(width),
        ]

    def _trouble_lines(self, text: str, width: int) -> list[Strip]:
        text, rest = split_between_words(text, width)
        bad = self.style_of(BAD)
        below = Strip([Segment(f"   {rest}", bad)]) if rest else self._second_line(width)
        return [Strip([Segment(text, bad)]), below]

    def _ended_text(self, width: int) -> str:
        """Return why the process is gone, cut so that what helps fits on the two lines too."""
        reason, help_ = self._ended
        room = max(10, 2 * width - cell_len(help_) - _LOST_TO_WRAPPING)
        reason, rest = split_between_words(printable(reason), room)
        return reason and f"{reason}{'…' if rest else ''}; {help_}"

    def _second_line(self, width: int) -> Strip:
        if self._snapshot is None:
            return Strip.blank(width)
        run = self._snapshot.training
        total = run.hyperparameters.iterations
        texts = progress_texts(self._snapshot, wide=width >= _WIDE)
        numbers = next((text for text in texts if cell_len(text) <= width), "")
        room = max(0, width - cell_len(numbers) - 2)
        filled = room * min(run.iteration, total) // total
        bar = [
            Segment(" "),
            Segment("━" * filled, self.style_of(GOOD)),
            Segment("─" * (room - filled), Style(dim=True)),
            Segment(" "),
        ]
        return Strip([*(bar if room else ()), Segment(numbers)])


def state_lines(snapshot: SessionSnapshot, style_of: StyleOf) -> Iterator[Strip]:
    """Return the state, what is trained and a hint, with less and less of what is trained."""
    state = snapshot.state
    not_saved = f"{snapshot.not_saved}  " if snapshot.not_saved else ""
    speed = snapshot.speed_limit
    limit = "" if speed is None else f"at most {speed:,g} it/s  "
    style = style_of(GOOD) + _BOLD if state is RunState.RUNNING else _BOLD
    for title in (*run_titles(snapshot.training), ""):
        yield Strip(
            [
                Segment(f" {_SYMBOLS[state]} {state.value:<9}", style),
                Segment(not_saved, style_of(BAD)),
                Segment(title, Style.null()),
                Segment(limit, _BOLD),
                Segment(snapshot.watched or _HINTS.get(state, ""), style_of(HINT)),
            ]
        )


def run_titles(run: Snapshot) -> list[str]:
    """Return the data set, the net and the optimizer in a few words, then in fewer."""
    settings = run.hyperparameters
    net = "-".join(str(size) for size in run.layer_sizes)
    name = printable(run.dataset, limit=30)
    sizes = f"{run.train_size:,}+{run.test_size:,}"
    optimizer = f"{settings.optimizer.upper()} η={settings.learning_rate:g}"
    return [
        f"{name} {sizes}  {net}  {optimizer}  ",
        f"{name} {sizes}  {net}  ",
        f"{name}  {net}  ",
        f"{name}  ",
    ]


def progress_texts(snapshot: SessionSnapshot, *, wide: bool) -> Iterator[str]:
    """Return how far the run is, how fast it goes and its times, then less and less of it."""
    run, rate = snapshot.training, snapshot.iterations_per_second
    total = run.hyperparameters.iterations
    left = snapshot.seconds_left
    if left is None and rate:
        left = max(0, total - run.iteration) / rate
    elapsed = clock_time(snapshot.elapsed)
    done = f" {run.iteration:>{len(f'{total:,}')},}/{total:,}"
    epoch = f"  epoch {run.epoch:6,.2f}"
    speed = f"  {'–' if rate is None else f'{rate:,.0f}':>6} it/s"
    if wide:
        times = f"  {elapsed} elapsed  {clock_time(left)} left "
    else:
        times = f"  {elapsed} " if left == 0 else f"  {elapsed} -{clock_time(left)} "
    yield done + epoch + speed + times
    yield done + epoch + speed
    yield done + epoch
    yield done


def stopped_texts(snapshot: SessionSnapshot) -> tuple[str, str]:
    """Return why training stopped and what helps, with the iteration and without."""
    help_ = "g goes back, lower η" if snapshot.run_id is not None else "lower η, then r"
    not_saved = f"  {snapshot.not_saved}" if snapshot.not_saved else ""
    end = f"; {snapshot.watched or help_}{not_saved}"
    reason, iteration = "not finite", ""
    if (found := snapshot.training.non_finite) is not None:
        reason = f"{found.what} of {found.where} not finite"
        iteration = f" in iteration {found.iteration:,}"
    start = f" {_SYMBOLS[snapshot.state]} stopped: {reason}"
    return f"{start}{iteration}{end}", f"{start}{end}"


def clock_time(seconds: float | None) -> str:
    """Return seconds as h:mm:ss."""
    if seconds is None or seconds >= 360_000:
        return " -:--:--"[-7:]
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
