"""Bytes at random into the app: it goes on answering keys, and leaves on Ctrl+Q as ever.

TUI_BACKPROP_BYTE_STREAMS is how many are sent, for a longer look than a test run affords.
"""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import wait_until
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty

COUNT = int(os.environ.get("TUI_BACKPROP_BYTE_STREAMS", "30"))
PER_APP = 10
SECONDS = 2.0
LEAVE, SUSPEND, PALETTE = b"\x11", b"\x1a", b"\x10"
SEQUENCE_ENDS = b"ABCDHFIOMPQRSTmnrtuyq~$\\"

Stream = Callable[[random.Random], bytes]


def noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice((1, 10, 100, 2_000)))


def controls(rng: random.Random) -> bytes:
    return bytes(rng.choices(range(32), k=rng.choice((1, 10, 100))))


def not_utf8(rng: random.Random) -> bytes:
    return bytes(rng.choices(range(128, 256), k=rng.choice((1, 3, 300))))


def keys(rng: random.Random) -> bytes:
    return bytes(rng.choices(b" nesflm+-?123rgvpoGchCzwx[]\r\t\x7f\x0c\x1b", k=40))


def numbers(rng: random.Random) -> bytes:
    number = rng.choice((0, 1, 5, 40, 130, 2048, 55_296, 1_114_112, 10**9, 10**15))
    return str(number).encode() if rng.random() < 0.9 else b""


def sequences(rng: random.Random) -> bytes:
    def one() -> bytes:
        start = rng.choice((b"\x1b[", b"\x1b[<", b"\x1b[?", b"\x1bO", b"\x1b]", b"\x1bP", b"\x9b"))
        inner = rng.choice((b";", b":")).join(numbers(rng) for _ in range(rng.randrange(5)))
        return start + inner + bytes([rng.choice(SEQUENCE_ENDS)])

    return b"".join(one() for _ in range(rng.choice((1, 5, 50))))


def fragments(rng: random.Random) -> bytes:
    return b"".join(
        rng.choice((b"\x1b", b"\x1b[", b"\x1b[<0;", b"\x1b[M", b"\x1bO", b"\x1b[200", b"\x1b[48;"))
        for _ in range(rng.choice((1, 3, 30)))
    )


def mouse(rng: random.Random) -> bytes:
    def one() -> bytes:
        where = f"{rng.randrange(130)};{rng.randrange(-1, 41)};{rng.randrange(-1, 50_000)}"
        return f"\x1b[<{where}{rng.choice('Mm')}".encode()

    return b"".join(one() for _ in range(rng.choice((1, 20, 500))))


def clicks(rng: random.Random) -> bytes:
    def one() -> bytes:
        # Not in the last row, where a click on its key leaves.
        where = f"0;{rng.randrange(1, 131)};{rng.randrange(1, 39)}"
        return f"\x1b[<{where}M\x1b[<{where}m".encode()

    return b"".join(one() for _ in range(rng.choice((1, 5, 50))))


def paste(rng: random.Random) -> bytes:
    begin = b"\x1b[200~" * rng.choice((1, 1, 2))
    end = b"\x1b[201~" * rng.choice((0, 1, 1, 2))
    return begin + rng.choice((noise, controls, keys, sequences))(rng) + end


def answers(rng: random.Random) -> bytes:
    known: tuple[bytes, ...] = (
        b"\x1b[?2026;2$y",
        b"\x1b[?2048;1$y",
        b"\x1b[48;9;9;0;0t",
        b"\x1b[48;60000;60000;9;9t",
    )
    known += (b"\x1b[I", b"\x1b[O", b"\x1b[99999;99999R", b"\x1b]11;rgb:0/0/0\x1b\\", b"\x1b[?62c")
    return b"".join(rng.choices(known, k=rng.choice((1, 5))))


def flood(rng: random.Random) -> bytes:
    one = rng.choice((keys, sequences, noise, controls, mouse))(rng) + b"x"
    return (one * (60_000 // len(one) + 1))[: rng.choice((20_000, 60_000))]


def palette(rng: random.Random) -> bytes:
    # No letters of what leaves the app; and closed again, as a click in it may well choose to quit.
    return PALETTE + bytes(rng.choices(b"sem1[ \xff\x0c", k=8)) + b"\x1b\x1b"


STREAMS: tuple[Stream, ...] = (
    *(noise, controls, not_utf8, keys, sequences, fragments, mouse, clicks, paste, answers),
    *(flood, palette),
)


def stream(number: int) -> tuple[str, bytes]:
    """Return a stream's kind and bytes, without the keys that lead out of the app."""
    rng = random.Random(number)
    kind = rng.choice(STREAMS)
    data = kind(rng).replace(LEAVE, b"").replace(SUSPEND, b"")
    return kind.__name__, data if kind is palette else data.replace(PALETTE, b"")


def answers_a_key(terminal: Terminal) -> None:
    """See a key answered, whatever screen is open: its help, once a field or list is left."""
    end = time.monotonic() + 10.0
    while "Esc closes" not in terminal.text:
        assert terminal.program.poll() is None, f"has left: {terminal.output[-3000:]!r}"
        assert time.monotonic() < end, f"answers no key\n{terminal.text}"
        terminal.send("\x1b")
        terminal.read(0.25)
        terminal.send("?")
        terminal.read(0.25)


@pytest.mark.parametrize("first", range(0, COUNT, PER_APP))
def test_after_any_bytes_it_answers_and_leaves(tmp_path: Path, first: int) -> None:
    runs, folder = tmp_path / "runs", tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "precious").write_bytes(b"a user's own file\n")
    options = ("--dataset=digits", "--iterations=1000000000", f"--runs-dir={runs}")
    sent: list[tuple[str, bytes]] = []
    with Terminal(*options, folder=folder) as terminal:
        terminal.shows("press space to start")
        try:
            for number in range(first, min(first + PER_APP, COUNT)):
                sent.append(stream(number))
                terminal.flood(sent[-1][1])
                terminal.read(0.1)
            answers_a_key(terminal)
            start = time.monotonic()
            terminal.send_bytes(LEAVE)
            assert terminal.exit_status(SECONDS) == 0
            assert wait_until(lambda: not terminal.processes, start + SECONDS - time.monotonic())
            assert b"Traceback" not in terminal.output
            assert terminal.is_restored
        except AssertionError as error:
            error.add_note(f"from stream {first}: {[kind for kind, _ in sent]}")
            raise
    assert (tmp_path / "precious").read_bytes() == b"a user's own file\n"
    assert {path.name for path in tmp_path.iterdir()} <= {"runs", "folder", "precious"}
    assert all(path.name.startswith("walkthrough-") for path in folder.iterdir())
