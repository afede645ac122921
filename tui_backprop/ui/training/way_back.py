"""What brings a run back that has stopped by itself."""

from tui_backprop.session.messages import Resume, RunState, SessionSnapshot, Start
from tui_backprop.settings.hyperparameters import Hyperparameters


def way_back(
    last: SessionSnapshot | None, state: RunState, *, ended: bool, form: Hyperparameters
) -> Start | Resume | None:
    """Return the command that brings back a run, None where none has stopped by itself.

    Args:
        last: the newest snapshot.
        state: what the training process does.
        ended: whether the training process is gone.
        form: what the form says, for a run that nothing is known of.
    """
    run_id = last.run_id if last else None
    if run_id is not None and (ended or state is RunState.STOPPED):
        return Resume(run_id)
    if ended:
        return Start(last.training.hyperparameters if last else form)
    return None
