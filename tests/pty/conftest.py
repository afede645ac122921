"""What needs a pseudo-terminal is left out where there is none."""

import os

collect_ignore_glob = [] if os.name == "posix" else ["test_*.py"]
