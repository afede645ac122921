"""The words for what the training process tells any screen."""

import signal

from tui_backprop.session.messages import Refusal, Refused, Watching, WorkerEnded

READ_ONLY = "read-only: only the process that trains this run can change it"


def watching_text(watching: Watching | None) -> str:
    """Return how a run is watched; nothing where it is not."""
    if watching is None:
        return ""
    if not watching.trained:
        return "watching, nobody trains it"
    if watching.silent_seconds:
        return f"watching, no sign of life for {watching.silent_seconds} s"
    return "watching"


def refusal_text(refused: Refused) -> str:
    """Return why a command was not carried out."""
    return READ_ONLY if refused.refusal is Refusal.READ_ONLY else refused.cause


def ended_text(ended: WorkerEnded) -> str:
    """Return how the training process ended: with its last word, or by a signal's name."""
    if lines := ended.error.strip().splitlines():
        return f"the training process failed: {lines[-1]}"
    status = ended.exit_code
    if status is not None and status < 0:
        names = {int(number): number.name for number in signal.Signals}
        return f"the training process was killed ({names.get(-status, -status)})"
    return f"the training process has ended (exit status {status})"
