"""A worker to start from."""

import pytest

from tests.support.scripted_worker import SPIRAL, ScriptedWorker
from tui_backprop.session.messages import Start


@pytest.fixture
def worker() -> ScriptedWorker:
    """A worker with a net of SPIRAL's, ready to train."""
    worker = ScriptedWorker()
    worker.say(Start(SPIRAL))
    return worker
