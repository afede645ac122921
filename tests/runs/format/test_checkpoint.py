"""Checkpoints come back to the bit, or are refused in one line whatever happened to them."""

import errno
import io
import json
import os
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.runs import SMALL, bits, finish, small_dataset
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from tui_backprop.runs.run_error import RunError
from tui_backprop.runs.trainer_state import capture, restore
from tui_backprop.training.trainer import Trainer

DATASET = small_dataset()


@pytest.fixture
def state() -> Checkpoint:
    trainer = Trainer(SMALL, DATASET)
    for _ in range(30):
        trainer.work()
    return capture(trainer)


@pytest.fixture
def stored(tmp_path: Path, state: Checkpoint) -> Path:
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(RunFiles(), path, state)
    return path


@pytest.fixture
def bounded() -> Iterator[None]:
    """Fail a test that at any time held more than 8 MiB on top of what there was."""
    tracemalloc.start(1)
    before, _ = tracemalloc.get_traced_memory()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 8 * 2**20


def refused(path: Path) -> str:
    with pytest.raises(RunError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(path))
    return message


def is_refused_or_harmless(path: Path, state: Checkpoint) -> bool:
    """Return whether a damaged file is refused; if not, what it holds must be unchanged.

    Dates and the like in the zip directory do not matter.
    """
    try:
        found = read_checkpoint(path)
    except RunError as error:
        return str(error).isprintable()
    assert same(found, state)
    return False


def same(one: Checkpoint, other: Checkpoint) -> bool:
    return (
        one.arrays.keys() == other.arrays.keys()
        and all(
            a.dtype == other.arrays[n].dtype and np.array_equal(a, other.arrays[n], equal_nan=True)
            for n, a in one.arrays.items()
        )
        and json.dumps(one.values) == json.dumps({"format": 1} | other.values)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_goes_on_from_the_file_bit_for_bit(tmp_path: Path, dtype: str) -> None:
    settings = SMALL.with_value("dtype", dtype)
    trainer = Trainer(settings, DATASET)
    for _ in range(30):
        trainer.work()
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(RunFiles(), path, capture(trainer))
    restored = finish(restore(read_checkpoint(path), DATASET))
    straight = finish(Trainer(settings, DATASET))
    assert bits(restored) == bits(straight)
    assert restored.snapshot().views["loss_curve"] == straight.snapshot().views["loss_curve"]
    assert restored.snapshot().views["evaluations"] == straight.snapshot().views["evaluations"]


def test_numpy_opens_it_without_pickle(stored: Path, state: Checkpoint) -> None:
    with np.load(stored, allow_pickle=False) as archive:
        assert np.array_equal(archive["params/W1"], state.arrays["params/W1"])
        assert json.loads(archive["values"].tobytes())["iteration"] == state.values["iteration"]


def test_truncated_anywhere_is_refused(stored: Path, bounded: None) -> None:
    data = stored.read_bytes()
    for length in range(0, len(data), 97):
        stored.write_bytes(data[:length])
        refused(stored)


def test_a_flipped_bit_anywhere_is_refused_or_harmless(
    stored: Path, state: Checkpoint, bounded: None
) -> None:
    data = stored.read_bytes()
    rng = random.Random(5)
    refusals = 0
    for _ in range(900):
        at = rng.randrange(len(data))
        damaged = bytearray(data)
        damaged[at] ^= 1 << rng.randrange(8)
        stored.write_bytes(damaged)
        refusals += is_refused_or_harmless(stored, state)
    assert refusals > 700


def test_overwritten_fields_are_refused_or_harmless(
    stored: Path, state: Checkpoint, bounded: None
) -> None:
    data = stored.read_bytes()
    rng = random.Random(6)
    fields = [b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0" * 8, b"\xff" * 8, b"9" * 12, b"PK\1\2"]
    for _ in range(900):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 3))):
            at, field = rng.randrange(len(data)), rng.choice(fields)
            damaged[at : at + len(field)] = field
        stored.write_bytes(damaged)
        is_refused_or_harmless(stored, state)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (66,)


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, values=np.zeros(10**8, np.uint8))
    return file.getvalue()


def with_header(header: bytes, version: bytes = b"\1\0", data: bytes = b"") -> bytes:
    """Return an archive of one array with this header."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        length = len(header).to_bytes(2 if version == b"\1\0" else 4, "little")
        archive.writestr("params/W1.npy", b"\x93NUMPY" + version + length + header + data)
    return file.getvalue()


def absurd_header() -> bytes:
    return with_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }\n")


PLAIN = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n"


@pytest.mark.parametrize(
    "header",
    [
        *("", "(", "[" * 9000, "{" * 9000, "-" * 9000, "1" * 9000, "'a", "x", "{}", "[1]", "\x80"),
        *("__import__('os')._exit(66)", "{'descr': '<f8'}", "1 +", "\0", "  1\n 2", "'\\N{x}'"),
        PLAIN.replace("(2,)", "(2L,)"),
        PLAIN.replace("(2,)", "(-2,)"),
        PLAIN.replace("(2,)", "(-2, -1)"),
        PLAIN.replace("(2,)", "(True,)"),
        PLAIN.replace("(2,)", "(0, 99999999999999999999999)"),
        PLAIN.replace("(2,)", "(2.0,)"),
        PLAIN.replace("(2,)", f"({'9' * 5000},)"),
        PLAIN.replace("(2,)", "(1,) * 2"),
        PLAIN.replace("False", "1"),
        PLAIN.replace("<f8", "|O"),
        PLAIN.replace("<f8", "|V99999999999"),
        PLAIN.replace("<f8", "<U4"),
        PLAIN.replace("<f8", "f8,f8"),
        PLAIN.replace("<f8", "(9999999,9999999)f8"),
        PLAIN.replace("<f8", "a8"),
        PLAIN.replace("<f8", "<M8[ns]"),
        PLAIN.replace("'<f8'", "[('a', '<f8')]"),
        PLAIN.replace("'<f8'", "[('a', '<f8', (1000000,))]"),
        PLAIN.replace("'<f8'", "b'<f8'"),
        PLAIN.replace("'<f8'", "{'names': ['a'], 'formats': ['|O']}"),
    ],
)
@pytest.mark.parametrize("version", [b"\1\0", b"\2\0", b"\3\0", b"\4\0"])
def test_a_header_that_numpy_does_not_write_is_refused(
    tmp_path: Path, header: str, version: bytes, bounded: None
) -> None:
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(with_header(header.encode("latin-1"), version, b"\0" * 16))
    message = refused(path)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "damaged"),
        (b"PK", "damaged"),
        (b"hello\n" * 100, "damaged"),
        (npz(a=np.zeros(3)), "no checkpoint: it has no values or no checksum"),
        (npz(a=np.array([_Evil()], object)), "dtype object, which would have to be unpickled"),
        (absurd_header(), "claims 799,999,999,999,992 bytes"),
        (npz(values=np.zeros(3, np.uint8), checksum=np.zeros(32, np.uint8)), "checksum does not"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(content)
    assert fault in refused(path)


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(bomb())
    tracemalloc.start()
    message = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "values.npy is compressed, expected stored" in message
    assert peak < 2**20


def test_a_file_larger_than_memory_is_refused_unread(stored: Path) -> None:
    with pytest.raises(RunError, match=r"bytes, more than the 1,000 that may be read"):
        read_checkpoint(stored, max_bytes=1000)


def test_another_format_is_named(tmp_path: Path, state: Checkpoint) -> None:
    path = tmp_path / "checkpoint.npz"
    write_checkpoint(RunFiles(), path, Checkpoint(state.arrays, state.values | {"format": 2}))
    assert "is in format 2, but this program reads format 1" in refused(path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_no_regular_file_is_refused_without_waiting(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "checkpoint.npz")
    refused(tmp_path / "checkpoint.npz")


def test_missing_or_escaping_names_are_shown_safely(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file") as caught:
        read_checkpoint(tmp_path / "\x1b[2J.npz")
    assert "\x1b" not in str(caught.value)


class FullDisk(RunFiles):
    """A disk that takes so many bytes and no more."""

    def __init__(self, room: int) -> None:
        self.room = room

    def open(self, path: Path, mode: str) -> Any:
        file = super().open(path, mode)
        disk = self

        class Limited:
            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, data: Any) -> int:
                # As the system does, it takes what there is room for before it refuses more.
                part = memoryview(data).cast("B")[: disk.room]
                if len(data) and not part:
                    raise OSError(errno.ENOSPC, "No space left on device")
                disk.room -= len(part)
                return file.write(part)

        return Limited()


def test_a_disk_full_at_any_byte_leaves_the_old_checkpoint(stored: Path, state: Checkpoint) -> None:
    before = stored.read_bytes()
    endless = FullDisk(10**9)
    write_checkpoint(endless, stored, state)
    needed = 10**9 - endless.room
    for room in (*range(0, needed, 211), needed - 21, needed - 1):
        with pytest.raises(OSError, match="No space left"):
            write_checkpoint(FullDisk(room), stored, state)
        assert stored.read_bytes() == before
        assert list(stored.parent.iterdir()) == [stored]
