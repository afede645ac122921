"""The status bar's words: what is trained, how far it is, why it stopped, what can be done."""

from collections.abc import Iterator

from tui_backprop.printable import printable
from tui_backprop.session.messages import RunState, SessionSnapshot
from tui_backprop.training.snapshot import Snapshot
from tui_backprop.ui.texts import watching_text

SYMBOLS = {
    RunState.LOADING: "◌",
    RunState.READY: "○",
    RunState.RUNNING: "●",
    RunState.PAUSED: "○",
    RunState.INTERRUPTED: "○",
    RunState.FINISHED: "✓",
    RunState.STOPPED: "✗",
}

HOW_TO_GO_ON = "raise Iterations to go on, r starts a new run"
"""What to do where all iterations are made."""

HINTS = {
    RunState.READY: "press space to start training",
    RunState.PAUSED: "space goes on",
    RunState.FINISHED: HOW_TO_GO_ON,
}


def run_titles(run: Snapshot) -> list[str]:
    """Return the data set, the net and the optimizer in a few words, then in fewer."""
    settings = run.hyperparameters
    name = printable(run.dataset, limit=30)
    sizes = f"{run.train_size:,}+{run.test_size:,}"
    optimizer = f"{settings.optimizer.upper()} η={settings.learning_rate:g}"
    return [
        f"{name} {sizes}  {run.net_title}  {optimizer}  ",
        f"{name} {sizes}  {run.net_title}  ",
        f"{name}  {run.net_title}  ",
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
    end = f"; {watching_text(snapshot.watched) or help_}{not_saved}"
    reason, iteration = "not finite", ""
    if (found := snapshot.training.non_finite) is not None:
        reason = f"{found.what} of {found.where} not finite"
        iteration = f" in iteration {found.iteration:,}"
    start = f" {SYMBOLS[snapshot.state]} stopped: {reason}"
    return f"{start}{iteration}{end}", f"{start}{end}"


def clock_time(seconds: float | None) -> str:
    """Return seconds as h:mm:ss."""
    if seconds is None or seconds >= 360_000:
        return " -:--:--"[-7:]
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
