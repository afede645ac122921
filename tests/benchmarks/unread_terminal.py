"""Training while nobody reads the terminal, as on a link that hangs."""

import time

from tests.benchmarks.measured_terminal import ENDLESS, Count, MeasuredTerminal
from tests.benchmarks.table import Row

SECONDS = 10.0
ROUNDS = 3


def measure(rounds: int) -> list[Row]:
    """Return iterations/s unread and read, and what the processes grew by meanwhile."""
    rounds = min(rounds, ROUNDS)
    read, unread, grown = [], [], []
    for _ in range(rounds):
        with MeasuredTerminal(ENDLESS) as terminal:
            terminal.training()
            first, *_, last = terminal.counts(terminal.record(SECONDS))
            read.append(rate(first, last))
            before = sum(terminal.resident_megabytes())
            # A new start: drawing what was recorded has taken a core from the training meanwhile.
            start = terminal.counts(terminal.record(0.5))[-1]
            time.sleep(SECONDS)
            # What waited in the pipe comes first: only the newest count is of now.
            unread.append(rate(start, terminal.counts(terminal.record(1.0))[-1]))
            after = sum(terminal.resident_megabytes())
            grown.append(after - before)
            terminal.quit()
    about = f"a pty that nobody reads for {SECONDS:g} s"
    return [
        Row(
            f"{about}: training, against one that is read ({rounds} rounds)",
            unread,
            " it/s",
            read,
            [slow / usual for slow, usual in zip(unread, read, strict=True)],
            compared=True,
            goal=0.97,
        ),
        Row(f"{about}: growth of both processes", grown, " MB", goal=1.0, at_most=True),
    ]


def rate(first: Count, last: Count) -> float:
    """Return iterations/s between two counts."""
    return (last.iterations - first.iterations) / (last.time - first.time)
