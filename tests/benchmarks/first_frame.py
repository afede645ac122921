"""From the command to the first frame, beside an empty Textual app."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.interleaving import interleaved, ratios
from tests.benchmarks.table import Row
from tests.support.processes import PROGRAM, environment

EMPTY_APP = Path(__file__).parent / "peers" / "empty_app.py"
_TIMEOUT = 30.0


def measure(rounds: int) -> list[Row]:
    """Return milliseconds until a text of the first frame arrives, and ours over theirs."""
    contenders = {
        "ours": lambda: first_frame(PROGRAM, b"Hyperparameters"),
        "empty": lambda: first_frame([sys.executable, str(EMPTY_APP)], b"hello"),
    }
    samples = interleaved(contenders, rounds)
    return [
        Row(
            "from the command to the first frame, against an empty Textual app",
            samples["ours"],
            " ms",
            samples["empty"],
            ratios(samples, "ours", "empty"),
            compared=True,
            goal=1.6,
            at_most=True,
        )
    ]


def first_frame(command: Sequence[str], text: bytes) -> float:
    """Return the milliseconds until the program started by `command` sends `text`.

    Raises:
        TimeoutError: it never does.
    """
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 130, 0, 0))
    start = time.perf_counter()
    program = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment({"COLORTERM": "truecolor"}),
        start_new_session=True,
    )
    sent = b""
    while text not in sent:
        if not select.select([master], [], [], _TIMEOUT)[0]:
            raise TimeoutError(f"{command} sends no {text!r}")
        sent += os.read(master, 65536)
    seconds = time.perf_counter() - start
    os.write(master, b"\x11")
    while program.poll() is None:
        # Whoever waits for room in the terminal cannot leave.
        if select.select([master], [], [], 0.01)[0]:
            os.read(master, 65536)
    os.close(slave)
    os.close(master)
    return 1000 * seconds
