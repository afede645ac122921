"""What the app sends to a terminal of 130x40, in bytes a second."""

import time

from tests.benchmarks.measured_terminal import ENDLESS, Chunk, MeasuredTerminal
from tests.benchmarks.table import Row

SECONDS = 5.0
ROUNDS = 5
GOAL = 8000.0


def measure(rounds: int) -> list[Row]:
    """Return bytes/s of the default job, of a long run, and of screens on which nothing moves."""
    rounds = min(rounds, ROUNDS)
    found = [bytes_per_second() for _ in range(rounds)]
    job = [default_job() for _ in range(rounds)]
    about = f"bytes/s at 130x40 and 10 frames a second ({rounds} rounds)"
    return [
        Row(f"{about}: the default job from start to end", job, " B/s", goal=GOAL, at_most=True),
        *(
            Row(
                f"{about}: {name}",
                [values[name] for values in found],
                " B/s",
                goal=GOAL if name == "a long run" else 0.0,
                at_most=True,
            )
            for name in found[0]
        ),
    ]


def default_job() -> float:
    """Return bytes/s from the key that starts it to the frame that says finished."""
    with MeasuredTerminal() as terminal:
        terminal.ready()
        start = time.perf_counter()
        terminal.send(" ")
        chunks = terminal.record_to_the_end()
        terminal.quit()
    return size(chunks) / (chunks[-1].time - start)


def bytes_per_second() -> dict[str, float]:
    """Return bytes/s of each screen, measured one after the other in one app."""
    with MeasuredTerminal(ENDLESS) as terminal:
        terminal.ready()
        found = {"before the start": size(terminal.record(SECONDS)) / SECONDS}
        terminal.training()
        found["a long run"] = drawn_size(terminal, terminal.record(SECONDS)) / SECONDS
        terminal.send(" ")
        terminal.shows("paused")
        terminal.settle()
        found["paused"] = size(terminal.record(SECONDS)) / SECONDS
        terminal.press_and_settle("s")
        terminal.until(lambda: "forward" in terminal.text)
        found["step screen"] = size(terminal.record(SECONDS)) / SECONDS
        terminal.quit()
    return found


def drawn_size(terminal: MeasuredTerminal, chunks: list[Chunk]) -> int:
    """Draw chunks and return their bytes."""
    return size(list(terminal.draw(chunks)))


def size(chunks: list[Chunk]) -> int:
    """Return the bytes of chunks."""
    return sum(len(chunk.data) for chunk in chunks)
