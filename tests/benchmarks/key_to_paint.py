"""From a key to its effect on the screen."""

import random

import numpy as np

from tests.benchmarks.measured_terminal import ENDLESS, MeasuredTerminal
from tests.benchmarks.table import Row

PRESSES = 40
"""In each round, enough for a 95th percentile."""

ROUNDS = 5


def measure(rounds: int) -> list[Row]:
    """Return median and 95th percentile while training, and the way into the step screen."""
    rounds = min(rounds, ROUNDS)
    trained = [latencies_while_training() for _ in range(rounds)]
    about = f"key (m) to paint while training at full speed ({rounds} rounds of {PRESSES} presses)"
    return [
        Row(
            f"{about}, median",
            [float(np.median(latencies)) for latencies in trained],
            " ms",
            goal=15.0,
            at_most=True,
        ),
        Row(
            f"{about}, 95th percentile",
            [float(np.percentile(latencies, 95)) for latencies in trained],
            " ms",
            goal=60.0,
            at_most=True,
        ),
        Row(
            "key (s) to all values of the step screen, 784-50-10, batch 100",
            into_the_step_screen(3 * rounds),
            " ms",
            goal=100.0,
            at_most=True,
        ),
    ]


def latencies_while_training() -> list[float]:
    """Return the milliseconds of each press of the key that shows and hides the smoothed loss."""
    # At any moment between two frames, the same moments in each run of the benchmark.
    moments = random.Random(0)
    with MeasuredTerminal(ENDLESS) as terminal:
        terminal.training()
        found = []
        for _ in range(PRESSES):
            list(terminal.draw(terminal.record(moments.uniform(0.1, 0.3))))
            found.append(1000 * seconds_to_toggle(terminal))
        terminal.quit()
    return found


def seconds_to_toggle(terminal: MeasuredTerminal) -> float:
    """Press m, and return the seconds until the smoothed loss has come or gone."""
    shown = "smoothed" in terminal.text
    return terminal.press("m", lambda: ("smoothed" in terminal.text) != shown)


def into_the_step_screen(times: int) -> list[float]:
    """Return milliseconds from the key to the last byte of the step screen."""
    found = []
    with MeasuredTerminal(ENDLESS) as terminal:
        terminal.ready()
        for _ in range(times):
            found.append(1000 * terminal.press_and_settle("s"))
            terminal.until(lambda: "forward" in terminal.text)
            # The first one asks whether to leave.
            terminal.press_and_settle("\x1b")
            terminal.press_and_settle("\x1b")
            terminal.shows("Training loss")
        terminal.quit()
    return found
