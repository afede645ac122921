"""TensorBoard's event files, written here by the format's documentation, and by torch."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.foreign.event_files import VERSION, crc32c, event, record, simple, tensor
from tui_backprop.runs.foreign.finding import found_runs
from tui_backprop.runs.foreign.reading import Reading
from tui_backprop.runs.foreign.source import ForeignSource
from tui_backprop.runs.foreign.tensorboard import LARGEST_RECORD, TensorBoardParser


def values(data: bytes) -> list[tuple[str, float | None, float]]:
    return [(*reading,) for reading in TensorBoardParser().take(data)[0]]


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@given(step=st.integers(-(2**63), 2**63 - 1), value=st.floats(width=32, allow_nan=False))
def test_a_scalar_as_torch_writes_it(step: int, value: float) -> None:
    assert values(VERSION + event(step, simple("train/loss", value))) == [
        ("train/loss", float(step), value)
    ]


@pytest.mark.parametrize(
    ("dtype", "content", "number", "wanted"),
    [
        (1, struct.pack("<f", 0.5), 4, 0.5),
        (2, struct.pack("<d", 0.1), 4, 0.1),
        (1, struct.pack("<f", 0.5), 5, 0.5),
        (2, struct.pack("<d", 0.1), 6, 0.1),
        (9, struct.pack("<q", -3), 4, -3.0),
        (3, struct.pack("<i", 7), 4, 7.0),
        (19, struct.pack("<e", 0.5), 4, 0.5),
    ],
)
def test_a_scalar_as_keras_writes_it(
    dtype: int, content: bytes, number: int, wanted: float
) -> None:
    assert values(event(3, tensor("epoch_loss", dtype, content, number))) == [
        ("epoch_loss", 3.0, wanted)
    ]


def test_what_is_no_single_number_is_left_out() -> None:
    data = event(
        1,
        tensor("histogram", 2, struct.pack("<6d", *range(6))),
        tensor("text", 7, b"hello"),
        simple("loss", math.nan),
    )
    ((name, _, value),) = values(data)
    assert name == "loss"
    assert math.isnan(value)


def test_a_picture_is_skipped_however_it_is_cut() -> None:
    data = record(b"p" * (LARGEST_RECORD + 1)) + event(1, simple("loss", 1.0))
    parser, at, end = TensorBoardParser(), 0, 0
    found: list[Reading] = []
    while end < len(data):
        end += 10_000
        readings, used = parser.take(data[at:end])
        at, found = at + used, found + readings
    assert [reading.name for reading in found] == ["loss"]
    assert parser.problem == ""


def test_a_damaged_record_is_left_out_once_there_is_more() -> None:
    bad = bytearray(event(1, simple("loss", 1.0)))
    bad[-6] ^= 1
    parser = TensorBoardParser()
    assert parser.take(bytes(bad)) == ([], 0)
    readings, _ = parser.take(bytes(bad) + event(2, simple("loss", 2.0)))
    assert [reading.step for reading in readings] == [2.0]
    assert parser.problem == "1 damaged records left out"


def test_blocks_that_are_not_written_yet_are_waited_for() -> None:
    good = event(1, simple("loss", 1.0))
    parser = TensorBoardParser()
    readings, used = parser.take(good + bytes(100))
    assert ([r.value for r in readings], used) == ([1.0], len(good))
    assert "waiting" in parser.problem
    readings, _ = parser.take(event(2, simple("loss", 2.0)))
    assert [r.value for r in readings] == [2.0]
    assert parser.problem == ""


def test_sets_that_have_directories_of_their_own_are_one_run(tmp_path: Path) -> None:
    for name in ("train", "validation"):
        folder = tmp_path / "logs" / name
        folder.mkdir(parents=True)
        (folder / "events.out.tfevents.1.host").write_bytes(event(1, simple("epoch_loss", 1.0)))
    (run,) = found_runs(tmp_path)
    assert (run.path, run.title) == (tmp_path / "logs", "TensorBoard")
    source = ForeignSource(run, lambda: 0.0)
    source.read_on()
    assert [m.name for m in source.table.summaries()] == [
        "train/epoch_loss",
        "validation/epoch_loss",
    ]


def test_a_log_of_torch_is_watched_as_it_is_written(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="needs torch")
    pytest.importorskip("tensorboard", reason="needs tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    now = 0.0
    with SummaryWriter(str(tmp_path / "exp")) as writer:
        writer.add_scalar("loss/train", 0.5, 1)
        writer.add_histogram("W1", np.array([1.0, 2.0, 3.0]), 1)
        writer.add_text("note", "hello", 1)
        writer.flush()
        (run,) = found_runs(tmp_path)
        source = ForeignSource(run, lambda: now)
        assert source.read_on()
        assert [(m.name, m.last, m.step) for m in source.table.summaries()] == [
            ("loss/train", 0.5, 1.0)
        ]
        assert not source.read_on()
        writer.add_scalar("loss/train", 0.25, 2)
        writer.add_scalar("accuracy", 0.75, 2, new_style=True)
        writer.flush()
        assert source.read_on()
        assert [(m.name, m.last, m.step) for m in source.table.summaries()] == [
            ("loss/train", 0.25, 2.0),
            ("accuracy", 0.75, 2.0),
        ]
        assert source.watched().fault == ""
