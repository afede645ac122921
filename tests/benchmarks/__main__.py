"""Measure everything, or what is named, and write the table as Markdown."""

import argparse
import importlib
import os
import sys
from pathlib import Path

MEASUREMENTS = {
    "training_speed": "iterations/s beside the book's loop, PyTorch, scikit-learn and the floor",
    "default_job": "the default run with all its evaluations beside the book's script",
}
"""Modules of this package, each with a `measure(rounds)` that returns the rows of the table."""

DEFAULT_OUTPUT = Path(__file__).parents[2] / "assets" / "benchmark.md"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        epilog="Measurements: "
        + "; ".join(f"{name} ({about})" for name, about in MEASUREMENTS.items()),
    )
    parser.add_argument(
        "names", nargs="*", metavar="measurement", help="which to run; all by default"
    )
    parser.add_argument("--rounds", type=int, default=15, help="rounds to take the median of")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="default: %(default)s")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(
            f"unknown measurement {unknown[0]!r}: must be one of {', '.join(MEASUREMENTS)}"
        )
    if arguments.rounds < 3:
        parser.error(f"--rounds {arguments.rounds}: must be at least 3")

    # Before NumPy or a peer is imported: each one's BLAS reads these once.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    from tests.benchmarks.table import machine, markdown

    rows = []
    for name in arguments.names or MEASUREMENTS:
        print(f"{name}: {MEASUREMENTS[name]} …", file=sys.stderr)
        rows += importlib.import_module(f"tests.benchmarks.{name}").measure(arguments.rounds)
    text = markdown(rows, machine(), arguments.rounds)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
