"""What every test stands on: one BLAS thread, and property tests without a clock."""

import atexit
import os
import shutil
import tempfile

import pytest
from hypothesis import settings

from tests.support.processes import give_children_default_signals

# NumPy, not imported yet, has its BLAS read these once. A sum split among threads may round
# differently, and the suite compares bits.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

# Runs of programs that tests start are kept there, not among the user's own.
_runs = tempfile.mkdtemp(prefix="tui-backprop-test-runs-")
atexit.register(shutil.rmtree, _runs, ignore_errors=True)
os.environ["TUI_BACKPROP_RUNS_DIR"] = _runs

# The same examples on every machine that gates a change; new ones on a developer's.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session", autouse=True)
def children_get_default_signals() -> None:
    """Let programs that tests start answer signals, also where nohup has pytest ignore them."""
    give_children_default_signals()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one worker run the tests on a terminal, one after the other.

    Each has two processes busy and a bound of seconds to keep; beside all other workers that is
    enough.
    """
    for item in items:
        if item.get_closest_marker("pty"):
            item.add_marker(pytest.mark.xdist_group("terminal"))
