"""Runs the app: the training process starts first, so that it loads while the screen does."""

import os
from pathlib import Path

from tui_backprop.session.blas import limit_blas_threads
from tui_backprop.session.client import ProcessClient
from tui_backprop.training.hyperparameters import Hyperparameters

FPS = 10.0
FPS_OVER_SSH = 4.0


def run_app(
    hyperparameters: Hyperparameters,
    *,
    start: bool,
    fps: float | None,
    runs: Path,
    resume: str | None,
) -> int:
    """Open the app, with a new run or a stored one, and return its exit status once it is left."""
    client = ProcessClient(runs)
    limit_blas_threads()
    from tui_backprop.ui.app import TuiBackpropApp

    if fps is None:
        fps = FPS_OVER_SSH if os.environ.get("SSH_CONNECTION") else FPS
    app = TuiBackpropApp(client, hyperparameters, start=start, fps=fps, resume=resume)
    try:
        app.run()
    finally:
        client.close()
    return app.return_code or 0
