"""What every test stands on: one BLAS thread, and property tests without a clock."""

import os
import tempfile

from hypothesis import settings

# NumPy, not imported yet, has its BLAS read these once. A sum split among threads may round
# differently, and the suite compares bits.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

# Runs of programs that tests start are kept there, not among the user's own.
os.environ["TUI_BACKPROP_RUNS_DIR"] = tempfile.mkdtemp(prefix="tui-backprop-test-runs-")

# The same examples on every machine that gates a change; new ones on a developer's.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
