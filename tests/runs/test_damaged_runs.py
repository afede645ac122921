"""Run directories damaged at random: told in a line, nobody waits, nothing outside is touched.

TUI_BACKPROP_DAMAGED_RUNS is how many are made, for a longer look than a test run affords.
"""

import os
import random
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.runs.stored_runs import SPIRAL, SPIRAL_DATA, World, train
from tui_backprop.cli.main import main
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.location import find_run, run_paths
from tui_backprop.runs.run_error import RunError
from tui_backprop.session.recording import open_run
from tui_backprop.training.memory import NotEnoughMemoryError
from tui_backprop.training.trainer import Trainer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX files and signals")

COUNT = int(os.environ.get("TUI_BACKPROP_DAMAGED_RUNS", "150"))
FILES = ("config.toml", "metrics.jsonl", "layers.jsonl", "checkpoint.npz", "lock")
SECONDS = 10
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

Damage = Callable[[random.Random, Path], None]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of two runs that were interrupted."""
    world = World(tmp_path_factory.mktemp("good"))
    for _ in range(2):
        trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
        train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
        recorder.save(trainer, "interrupted")
        recorder.close()
    return world.runs


def put(make: Callable[[Path], object]) -> Damage:
    def damage(_rng: random.Random, place: Path) -> None:
        place.unlink(missing_ok=True) if not place.is_dir() else shutil.rmtree(place)
        make(place)

    return damage


def link_to(target: str) -> Damage:
    return put(lambda place: place.symlink_to(target))


def is_file(path: Path) -> bool:
    """Whether there is a regular file, and no link to one."""
    return path.is_file() and not path.is_symlink()


def flip(rng: random.Random, place: Path) -> None:
    content = bytearray(place.read_bytes()) or bytearray(b"\0")
    for _ in range(rng.choice((1, 1, 5, 40))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    place.write_bytes(content)


def cut(rng: random.Random, place: Path) -> None:
    content = place.read_bytes()
    place.write_bytes(content[: rng.randrange(len(content) + 1)])


def overwrite(rng: random.Random, place: Path) -> None:
    place.write_bytes(rng.randbytes(rng.choice((0, 1, 50, 5000))))


def swap(rng: random.Random, place: Path) -> None:
    other = place.with_name(rng.choice(FILES))
    if is_file(other):
        shutil.copyfile(other, place.with_name("swapped"))
        place.with_name("swapped").replace(place)


def take_from_the_other_run(_rng: random.Random, place: Path) -> None:
    others = [path for path in place.parents[1].iterdir() if path != place.parent]
    if others and (others[0] / place.name).is_file():
        shutil.copyfile(others[0] / place.name, place)


def repeat_a_line(rng: random.Random, place: Path) -> None:
    lines = place.read_bytes().splitlines(keepends=True) or [b""]
    place.write_bytes(b"".join([*lines, rng.choice(lines) * 3]))


def forbid(rng: random.Random, place: Path) -> None:
    rng.choice((place, place.parent)).chmod(rng.choice((0, 0o200, 0o444, 0o777)))


def give_away(rng: random.Random, place: Path) -> None:
    if ROOT:
        os.chown(rng.choice((place, place.parent)), 4711, 4711, follow_symlinks=False)


def lose(_rng: random.Random, place: Path) -> None:
    place.unlink()


def make_device(_rng: random.Random, place: Path) -> None:
    if ROOT:
        place.unlink()
        os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 5))


DAMAGES: tuple[Damage, ...] = (
    *(flip, flip, cut, cut, overwrite, swap, take_from_the_other_run, repeat_a_line),
    *(forbid, give_away, make_device, put(os.mkfifo), put(Path.mkdir), lose),
    *map(link_to, ("../../precious", "/proc/kmsg", "/dev/zero", "lock", "nowhere", "..")),
)


@contextmanager
def in_time() -> Iterator[None]:
    def end(*_: object) -> None:
        raise AssertionError("waits")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def watch(runs: Path) -> None:
    run = RunFollower(find_run(runs, "latest"), lambda: 0.0)
    for _ in range(2):
        run.read_on()
        run.snapshot()
        assert run.fault.isprintable()


def go_on(world: World) -> None:
    opened = open_run(world.storage, "latest", load_dataset)
    recorder = opened.recorder(world.storage, lambda: opened.run.elapsed)
    trainer = opened.run.trainer
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 23)
    recorder.save(trainer, "paused")
    recorder.close()


def look_at(runs: Path, outside: Path) -> None:
    """Do all that is done with stored runs; each is done, or refused in a line."""
    for arguments in (
        ("runs",),
        ("runs", "--json"),
        ("export", "latest", f"--metrics={outside / 'm.csv'}"),
        ("export", "latest", f"--metrics={outside / 'm.json'}"),
        ("export", "latest", f"--parameters={outside / 'p.npz'}"),
    ):
        done = CliRunner().invoke(main, [*arguments, f"--runs-dir={runs}"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        assert done.exit_code in (0, 2, 3)
        assert all(line.isprintable() for line in done.output.splitlines())
    with suppress(RunError):
        watch(runs)
    with suppress(RunError, NotEnoughMemoryError):
        go_on(World(runs))


@pytest.mark.parametrize("part", range(10))
def test_whatever_is_damaged_is_told(good: Path, tmp_path: Path, part: int) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for number in range(part, COUNT, 10):
        rng, place = random.Random(number), tmp_path / f"{number}"
        runs = place / "runs"
        shutil.copytree(good, runs)
        (place / "precious").write_bytes(b"a user's own file\n")
        newest = run_paths(runs)[-1]
        done = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            damage, name = rng.choice(DAMAGES), rng.choice(FILES)
            done.append((damage.__name__, name))
            # What was put there before may be a pipe, or lead out of the run.
            if is_file(newest / name):
                damage(rng, newest / name)
        try:
            with in_time():
                look_at(runs, outside)
        except BaseException as error:
            error.add_note(f"number {number}: {done}")
            raise
        finally:
            newest.chmod(0o700)
        assert (place / "precious").read_bytes() == b"a user's own file\n"
        assert {path.name for path in place.iterdir()} == {"runs", "precious"}
        shutil.rmtree(place)
