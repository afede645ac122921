"""A world for recorders: a clock that a test moves, and disks that fail as told."""

import errno
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from tests.training.runs import SMALL, small_dataset
from tui_backprop.datasets import load_dataset
from tui_backprop.datasets.dataset import Dataset
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.recorder import RunRecorder
from tui_backprop.runs.writer import RunStorage
from tui_backprop.training.trainer import Trainer

NOW = datetime(2026, 11, 23, 18, 22, 7, tzinfo=UTC)
SPIRAL = SMALL.with_value("dataset", "spiral").with_value("iterations", 40)
SPIRAL_DATA = load_dataset("spiral")


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class BrokenDisk(RunFiles):
    """Raises what `fault` holds; `room` is how many bytes it takes before it does."""

    def __init__(self) -> None:
        self.fault: OSError | None = None
        self.room = 0

    def open(self, path: Path, mode: str) -> BinaryIO:
        file = super().open(path, mode)
        return _Limited(self, file) if self.fault else file  # type: ignore[return-value]

    def make_directory(self, path: Path) -> None:
        if self.fault and not self.room:
            raise self.fault
        super().make_directory(path)


class _Limited:
    def __init__(self, disk: BrokenDisk, file: BinaryIO) -> None:
        self._disk, self._file = disk, file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Limited":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: Any) -> int:
        taken = memoryview(data).cast("B")[: self._disk.room]
        if not taken:
            assert self._disk.fault is not None
            raise self._disk.fault
        self._disk.room -= len(taken)
        return self._file.write(taken)


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


class World:
    """Everything a recorder needs, under a test's control."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.clock = FakeClock()
        self.files = BrokenDisk()
        self._number = 0

    def entropy(self, count: int) -> bytes:
        self._number += 1
        return bytes([self._number] * count)

    @property
    def storage(self) -> RunStorage:
        return RunStorage(self.runs, self.clock, lambda: NOW, self.entropy, self.files)

    def recorder(self) -> RunRecorder:
        return RunRecorder(self.storage, lambda: self.clock() - 100.0)


def train(
    trainer: Trainer,
    recorder: RunRecorder,
    clock: FakeClock,
    *,
    until: Callable[[Trainer], bool] = lambda trainer: trainer.finished,
    seconds: float = 0.4,
) -> Trainer:
    """Train and record, each piece of work taking so many seconds."""
    while not until(trainer) and trainer.non_finite is None:
        trainer.work()
        clock.seconds += seconds
        recorder.record(trainer)
    return trainer


def load_small(name: str, target: str = "") -> Dataset:
    return small_dataset() if name.endswith("small") else load_dataset(name)
