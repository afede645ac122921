"""Runs the app, on a training process of its own or on a run that another one trains."""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui_backprop.cli.interruption import leave_at_once_on_signals
from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.client import ProcessClient
from tui_backprop.settings.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from tui_backprop.session.any_watch import WatchSource
    from tui_backprop.ui.program_app import ProgramApp


def run_app(
    hyperparameters: Hyperparameters,
    *,
    start: bool,
    fps: float,
    theme: str,
    runs: Path,
    resume: str | None,
) -> int:
    """Open the app, with a new run or a stored one, and return its exit status once it is left."""
    client = ProcessClient(runs)
    limit_blas_threads()
    _leave_garbage_until_the_first_frame()
    from tui_backprop.ui.app import TuiBackpropApp

    app = TuiBackpropApp(client, hyperparameters, start=start, fps=fps, resume=resume, theme=theme)
    return _run(app, client.close)


def watch_run(path: Path, *, fps: float, theme: str) -> int:
    """Open the app, read-only, on the run in the directory `path`; return its exit status.

    Raises:
        RunError: the run's configuration cannot be read.
    """
    from tui_backprop.runs.follower import RunFollower
    from tui_backprop.session.watch_client import WatchClient

    follower = RunFollower(path, time.monotonic)
    client = WatchClient(follower)
    _leave_garbage_until_the_first_frame()
    from tui_backprop.ui.app import TuiBackpropApp

    app = TuiBackpropApp(
        client, follower.config.hyperparameters, fps=fps, watching=True, theme=theme
    )
    return _run(app, client.close)


def watch_any(source: "WatchSource", *, fps: float, theme: str, prints: bool = False) -> int:
    """Open the app, read-only, on a run of anybody's; return its exit status."""
    from tui_backprop.session.any_watch import AnyWatch

    watching = AnyWatch(source)
    _leave_garbage_until_the_first_frame()
    from tui_backprop.ui.any_run.any_run_app import AnyRunApp

    app = AnyRunApp(watching, fps=fps, theme=theme, prints=prints)
    return _run(app, watching.close)


def _run(app: "ProgramApp", close: Callable[[], None]) -> int:
    try:
        app.run()
    finally:
        # The app has given the signals back to Python.
        leave_at_once_on_signals()
        close()
    return exit_status(app.return_code)


def exit_status(return_code: int | None) -> int:
    """Return the status for an app's return code, which one that did not leave by itself lacks."""
    return 1 if return_code is None else return_code


def _leave_garbage_until_the_first_frame() -> None:
    """Look for no garbage while nearly all that is made stays; the app does so again later."""
    gc.disable()
