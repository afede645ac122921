"""How many threads the matrix products use."""

import os

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


DEFAULT_THREADS = 1
"""On products as small as these, threads spend more time finding each other than they save.

Two halve the speed of a net with 50 hidden units, and on a machine with anything else to do they
lost at 1,000 units too. One thread also adds up in the same order on every machine, so that a
seed gives the same bits.
"""

CHOICE_VARIABLE = "TUI_BACKPROP_BLAS_THREADS"
"""The environment variable that holds a person's own choice; child processes inherit it."""


def limit_blas_threads() -> None:
    """Make NumPy, imported later in this process, use the chosen number of BLAS threads."""
    threads = os.environ.get(CHOICE_VARIABLE, str(DEFAULT_THREADS))
    for variable in THREAD_VARIABLES:
        os.environ[variable] = threads
