"""What is not ours in a run's directory, links, pipes, devices, other users' files: all refused."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.stored_runs import SPIRAL, SPIRAL_DATA, World, train
from tests.support.processes import run_program
from tui_backprop.datasets import load_dataset
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles, open_own
from tui_backprop.runs.follower import RunFollower
from tui_backprop.runs.listing import StoredState, list_runs, summary_of
from tui_backprop.runs.location import find_run, run_paths
from tui_backprop.runs.resuming import load_run
from tui_backprop.runs.run_error import RunError
from tui_backprop.training.trainer import Trainer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX files")

FILES = ("config.toml", "metrics.jsonl", "layers.jsonl", "checkpoint.npz", "lock")
PRECIOUS = b"a user's own file\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A run that was interrupted, and a file that no run may touch."""
    world = World(tmp_path / "runs")
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 20)
    recorder.save(trainer, "interrupted")
    recorder.close()
    (tmp_path / "precious").write_bytes(PRECIOUS)
    return run_paths(world.runs)[0]


def link(place: Path) -> None:
    place.symlink_to(place.parents[2] / "precious")


def link_to_itself_elsewhere(place: Path) -> None:
    elsewhere = place.parents[2] / "elsewhere"
    elsewhere.write_bytes(place.with_suffix(".old").read_bytes())
    place.symlink_to(elsewhere)


def link_to_nowhere(place: Path) -> None:
    place.symlink_to(place.parents[2] / "nowhere")


def listening_socket(place: Path) -> None:
    before = Path.cwd()
    os.chdir(place.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place.name)
    finally:
        os.chdir(before)


def device(place: Path) -> None:
    try:
        os.mknod(place, 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


PUT: dict[str, Callable[[Path], object]] = {
    "link": link,
    "link to a good file": link_to_itself_elsewhere,
    "link to nowhere": link_to_nowhere,
    "pipe": os.mkfifo,
    "socket": listening_socket,
    "folder": Path.mkdir,
    "device": device,
}


def everything_else(root: Path, run: Path) -> dict[Path, bytes | None]:
    return {
        file: file.read_bytes() if file.is_file() else None
        for file in root.rglob("*")
        if run not in file.parents and file != run
    }


def refusal(work: Callable[[], object]) -> str:
    """Return the line that `work` is refused in, empty if it is not."""
    try:
        work()
    except RunError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
@pytest.mark.parametrize("name", FILES)
def test_what_lies_in_a_files_place_is_refused_and_left_alone(
    path: Path, name: str, put: Callable[[Path], object]
) -> None:
    place, root = path / name, path.parents[1]
    place.rename(place.with_suffix(".old"))
    put(place)
    before = everything_else(root, path)

    writing = refusal(lambda: RunDirectory.open(path, RunFiles()).close())
    if name in ("metrics.jsonl", "layers.jsonl", "lock"):
        assert writing.startswith(f"{place}: ")
    loading = refusal(lambda: load_run(path, load_dataset))
    if name == "checkpoint.npz":
        assert loading.startswith(f"{place}: ")
    listed = summary_of(path)
    assert listed.fault.startswith(f"{place}: ") == (
        name in ("config.toml", "metrics.jsonl", "checkpoint.npz")
    )
    if name == "config.toml":
        assert refusal(lambda: RunFollower(path, lambda: 0.0)).startswith(f"{place}: ")
    else:
        follower = RunFollower(path, lambda: 0.0)
        follower.read_on()
        assert (str(place) in follower.fault) == (name != "lock")
        follower.read_on()

    assert everything_else(root, path) == before
    assert (root / "precious").read_bytes() == PRECIOUS


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("put", [link, os.mkfifo], ids=["link", "pipe"])
def test_no_command_waits_or_writes_elsewhere(
    path: Path, name: str, put: Callable[[Path], object]
) -> None:
    (path / name).unlink()
    put(path / name)
    for command in (
        ("train", "--resume", "--iterations=60"),
        ("runs",),
        ("export", "latest", f"--metrics={path.parents[1] / 'm.csv'}"),
        ("export", "latest", f"--parameters={path.parents[1] / 'p.npz'}"),
    ):
        done = run_program(*command, f"--runs-dir={path.parent}", timeout=20.0)
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) <= 2
        if command[0] == "train" and name != "config.toml":
            assert done.returncode == 2
            assert f"{path / name}: " in done.stderr
    assert (path.parents[1] / "precious").read_bytes() == PRECIOUS


@pytest.mark.parametrize("name", FILES)
def test_another_users_file_is_refused(
    path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, owner = os.fstat, (path / name).stat().st_ino

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if found.st_ino != owner:
            return found
        return os.stat_result([*found[:4], 4711, *found[5:]])

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(RunError) as caught:
        os.close(open_own(path / name, os.O_RDONLY))
    assert str(caught.value) == f"{path / name}: belongs to another user (uid 4711)"
    if name == "lock":
        with pytest.raises(RunError, match="belongs to another user"):
            RunDirectory.open(path, RunFiles())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_another_users_directory_is_a_line_of_the_list(path: Path) -> None:
    own = path.with_name("20991231-235959-zzzz")
    shutil.copytree(path, own)
    os.chown(own, 4711, 4711)
    own.chmod(0o700)
    by_id = {run.id: run for run in list_runs(path.parent)}
    assert by_id[own.name].state is StoredState.DAMAGED
    assert by_id[own.name].fault == f"{own}: belongs to another user (uid 4711)"
    assert by_id[path.name].state is StoredState.INTERRUPTED
    assert find_run(path.parent, "latest") == path
    assert "another user" in refusal(lambda: find_run(path.parent, own.name))


def test_a_directory_that_cannot_be_read_is_a_line_of_the_list(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = path.with_name("closed")
    shutil.copytree(path, closed)
    real = os.open

    def refuse(name: object, *more: object, **named: object) -> int:
        if str(name).startswith(str(closed)):
            raise PermissionError(13, "Permission denied")
        return real(name, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    by_id = {run.id: run for run in list_runs(path.parent)}
    assert by_id["closed"].fault.startswith(f"{closed / 'config.toml'}: Permission denied")
    assert by_id[path.name].fault == ""


def test_a_run_that_is_a_link_is_refused(path: Path) -> None:
    moved = path.parents[1] / "moved"
    path.rename(moved)
    path.symlink_to(moved)
    before = everything_else(path.parents[1], path)
    for work in (
        lambda: find_run(path.parent, path.name),
        lambda: find_run(path.parent, "latest"),
        lambda: RunDirectory.open(path, RunFiles()),
        lambda: RunFollower(path, lambda: 0.0),
    ):
        assert refusal(work) == f"{path}: a link, expected a run's own directory"
    assert [run.fault for run in list_runs(path.parent)] == [
        f"{path}: a link, expected a run's own directory"
    ]
    assert everything_else(path.parents[1], path) == before


def test_a_run_may_be_kept_behind_a_link_to_the_directory_of_runs(path: Path) -> None:
    linked = path.parents[1] / "linked"
    linked.symlink_to(path.parent)
    assert find_run(linked, "latest").name == path.name


def test_a_temporary_file_that_is_a_link_is_replaced_not_followed(path: Path) -> None:
    precious = path.parents[1] / "precious"
    temporary = path / f".checkpoint.npz.{os.getpid()}.new"
    temporary.symlink_to(precious)
    RunFiles().replace(path / "checkpoint.npz", lambda file: file.write(b"new"))
    assert (path / "checkpoint.npz").read_bytes() == b"new"
    assert precious.read_bytes() == PRECIOUS


def test_what_appears_while_it_trains_is_not_written_through(tmp_path: Path) -> None:
    world = World(tmp_path / "runs")
    trainer, recorder = Trainer(SPIRAL, SPIRAL_DATA), world.recorder()
    train(trainer, recorder, world.clock, until=lambda t: t.iteration >= 10)
    (path,) = run_paths(world.runs)
    (tmp_path / "precious").write_bytes(PRECIOUS)
    for name in ("metrics.jsonl", "layers.jsonl", "checkpoint.npz"):
        (path / name).unlink()
        (path / name).symlink_to(tmp_path / "precious")
    train(trainer, recorder, world.clock)
    assert (
        recorder.problem
        == f"not saved: {path / 'metrics.jsonl'}: a link, expected a file of" + (" the run's own")
    )
    recorder.close()
    assert (tmp_path / "precious").read_bytes() == PRECIOUS
