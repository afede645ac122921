"""What the app costs: the same run in the app on a terminal and headless, evaluations included."""

import json
import subprocess
import time

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.measured_terminal import MeasuredTerminal
from tests.benchmarks.table import Row
from tests.support.processes import PROGRAM, environment

ITERATIONS = 24_000
"""Some seconds of training, 40 epochs."""

ROUNDS = 7


def measure(rounds: int) -> list[Row]:
    """Return iterations/s from the first evaluation's end to the last one's."""
    rounds = min(rounds, ROUNDS)
    samples = interleaved({"app": rate_in_the_app, "headless": rate_headless}, rounds)
    return [
        Row(
            f"{ITERATIONS:,} iterations in the app on a pty at 130x40, against `train`"
            f" ({rounds} rounds)",
            samples["app"],
            " it/s",
            samples["headless"],
            ratios(samples, "app", "headless"),
            compared=True,
            goal=0.97,
        )
    ]


def rate_in_the_app() -> float:
    """Return iterations/s from the key that starts training to the frame that says finished."""
    with MeasuredTerminal(f"--iterations={ITERATIONS}") as terminal:
        terminal.ready()
        start = time.perf_counter()
        terminal.send(" ")
        end = terminal.record_to_the_end()[-1].time
        terminal.quit()
    return ITERATIONS / (end - start)


def rate_headless() -> float:
    """Return iterations/s from the line of the first evaluation to that of the last."""
    times = {}
    with subprocess.Popen(
        [*PROGRAM, "train", "--json", f"--iterations={ITERATIONS}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as program:
        assert program.stdout is not None
        for line in program.stdout:
            told = json.loads(line)
            if "epoch" in told:
                times[told["iteration"]] = time.perf_counter()
    return ITERATIONS / (times[ITERATIONS] - times[0])
