"""Measure everything, or what is named, and write the table as Markdown."""

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.readme import with_table

MEASUREMENTS = {
    "training_speed": "iterations/s beside the book's loops, three libraries and the floor",
    "default_job": "the default run with all its evaluations beside the book's script",
    "app_speed": "the default net trained in the app beside headless",
    "unread_terminal": "training while nobody reads the terminal",
    "key_to_paint": "from a key to its effect, while training and into the step screen",
    "bytes_sent": "bytes a second to the terminal",
    "first_frame": "from the command to the first frame, beside an empty Textual app",
    "book_figures": "the book's figures of chapter 6: losses, accuracies, how soon",
    "growth": "the chart and the memory of long runs",
    "full_check": "the check of every gradient beside one entry at a time",
}
"""Modules of this package, each with a `measure(rounds)` that returns the rows of the table."""

ON_A_TERMINAL = {
    "app_speed",
    "unread_terminal",
    "key_to_paint",
    "bytes_sent",
    "first_frame",
    "growth",
}
"""Those that need a pseudo-terminal, which only POSIX systems have."""

ROOT = Path(__file__).parents[2]
DEFAULT_OUTPUT = ROOT / "assets" / "benchmark.md"


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
    parser.add_argument("--readme", action="store_true", help="put the table into the README too")
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
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    with tempfile.TemporaryDirectory() as runs:
        os.environ["TUI_BACKPROP_RUNS_DIR"] = runs
        text = table(arguments.names or list(MEASUREMENTS), arguments.rounds)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")
    if arguments.readme:
        readme = ROOT / "README.md"
        readme.write_text(with_table(readme.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(text)
    return 0


def table(names: list[str], rounds: int) -> str:
    """Return the table of these measurements, telling on standard error what is under way."""
    from tests.benchmarks.table import machine, markdown

    rows = []
    for name in names:
        if name in ON_A_TERMINAL and os.name != "posix":
            print(f"{name}: left out, this system has no pseudo-terminals", file=sys.stderr)
            continue
        print(f"{name}: {MEASUREMENTS[name]} …", file=sys.stderr)
        rows += importlib.import_module(f"tests.benchmarks.{name}").measure(rounds)
    return markdown(rows, machine(), rounds)


if __name__ == "__main__":
    sys.exit(main())
