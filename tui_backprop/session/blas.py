"""How many threads the matrix products use."""

import os

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


def limit_blas_threads(threads: int = 1) -> None:
    """Make NumPy, imported later in this process, use this many BLAS threads.

    One by default: on products as small as these, threads spend more time finding each other than
    they save (two halve the speed of a net with 50 hidden units), and one thread adds up in the
    same order everywhere, so a seed gives the same bits in the app and without it.
    """
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
