"""Run directories: ids, configurations, locks, lists; and what damage does to each."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.stored_runs import NOW, SPIRAL
from tui_backprop.runs.directory import RunDirectory
from tui_backprop.runs.files import RunFiles
from tui_backprop.runs.format.config import DataDescription, RunConfig, read_config
from tui_backprop.runs.format.metrics import MetricsReader, metrics_line, read_metrics
from tui_backprop.runs.listing import StoredState, list_runs
from tui_backprop.runs.location import find_run, new_run_id, run_paths, runs_directory
from tui_backprop.runs.lock import RunLock, is_locked
from tui_backprop.runs.run_error import RunError
from tui_backprop.settings.hyperparameters import Hyperparameters

DATA = DataDescription("", 0, 300, 300, 2, 3, 3)
CONFIG = RunConfig("20261123-182207-aaaa", NOW, DATA, SPIRAL)


def test_ids_sort_by_time_whatever_the_zone() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert new_run_id(tokyo, bytes([0, 31, 32, 255])) == "20261123-182207-000z0z"
    for step in (timedelta(seconds=1), timedelta(milliseconds=1)):
        for number in range(1000):
            now = NOW + number * timedelta(microseconds=997)
            assert new_run_id(now + step, b"\0\0") > new_run_id(now, b"\xff\xff")


def test_the_directory_of_runs_is_the_option_then_the_variable_then_the_users_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    variable = {"TUI_BACKPROP_RUNS_DIR": "/b"}
    assert runs_directory("/a", variable) == Path("/a")
    assert runs_directory(None, variable) == Path("/b")
    if sys.platform == "linux":
        assert runs_directory(None, {}) == tmp_path / "tui-backprop" / "runs"


texts = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\0" not in text)


@given(
    texts,
    st.floats(0, 1e6),
    st.lists(st.integers(1, 10_000), min_size=1, max_size=20),
    st.datetimes(
        min_value=datetime(2000, 1, 1), max_value=datetime(9998, 12, 31), timezones=st.just(UTC)
    ),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    dataset: str,
    learning_rate: float,
    hidden: list[int],
    created: datetime,
) -> None:
    settings = Hyperparameters(dataset=dataset, learning_rate=learning_rate, hidden=tuple(hidden))
    data = replace(DATA, path=f"/data/{dataset}")
    config = RunConfig("x", created.replace(microsecond=0), data, settings)
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_bytes(config.to_toml())
    assert read_config(path) == config


def test_a_path_that_is_no_text_spoils_only_itself(tmp_path: Path) -> None:
    config = replace(CONFIG, data=replace(DATA, path="/data/\udcff"))
    (tmp_path / "config.toml").write_bytes(config.to_toml())
    assert read_config(tmp_path / "config.toml").data.path == "/data/?"


def refusal_of(path: Path) -> str | None:
    try:
        read_config(path)
    except RunError as error:
        return str(error)
    return None


def test_a_damaged_configuration_is_refused_in_one_line(tmp_path: Path) -> None:
    path, content = tmp_path / "config.toml", CONFIG.to_toml()
    rng = random.Random(1)
    variants = [content[:length] for length in range(0, len(content) - 20, 3)]
    for _ in range(500):
        damaged = bytearray(content)
        for _ in range(rng.choice((1, 2, 8))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        variants.append(bytes(damaged))
    variants += [b"x" * 10**6, b"\xff", b"[" * 60_000, b"format = 2", b"a = " + b"9" * 9000]
    refusals = 0
    for variant in variants:
        path.write_bytes(variant)
        refusal = refusal_of(path)
        if refusal is not None:
            refusals += 1
            assert refusal.startswith(str(path))
            assert refusal.isprintable()
    # What breaks a name alone is not noticed: a reader ignores names that it does not know.
    assert refusals > 300


def test_only_one_process_may_write_a_run(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, CONFIG, RunFiles())
    try:
        with pytest.raises(RunError) as caught:
            RunDirectory.open(directory.path, RunFiles())
        message = f"{CONFIG.id}: this run is being trained by another process ({os.getpid()})"
        assert str(caught.value) == message
    finally:
        directory.close()
    RunDirectory.open(directory.path, RunFiles()).close()


def test_the_lock_dies_with_a_killed_holder(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from tui_backprop.runs.lock import RunLock;"
        "lock = RunLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_locked(tmp_path)
        with pytest.raises(RunError, match=rf"another process \({holder.pid}\)"):
            RunLock(tmp_path)
        holder.kill()
        holder.wait()
        assert not is_locked(tmp_path)
        RunLock(tmp_path).release()


def test_what_a_killed_writer_left_is_cleared(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, CONFIG, RunFiles())
    directory.close()
    leftover = directory.path / ".checkpoint.npz.4711.new"
    leftover.write_bytes(b"half")
    RunDirectory.open(directory.path, RunFiles()).close()
    assert not leftover.exists()


@pytest.mark.parametrize("name", ["..", ".", "", "/", "a/../..", "\x1b[2J", "x" * 200, "nothing"])
def test_an_id_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="no run") as caught:
        find_run(tmp_path, name)
    assert str(caught.value).isprintable()


def test_latest_is_the_newest(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no runs yet"):
        find_run(tmp_path / "none", "latest")
    for run_id in ("20261123-182207-zzzz", "20261124-000000-0000", "20251231-235959-zzzz"):
        RunDirectory.create(tmp_path, replace(CONFIG, id=run_id), RunFiles()).close()
    assert find_run(tmp_path, "latest").name == "20261124-000000-0000"
    assert [path.name[:4] for path in run_paths(tmp_path)] == ["2025", "2026", "2026"]


def make_run(runs: Path, run_id: str, *, written: float, started: str = "") -> Path:
    """Make a run whose configuration was written then, in seconds since 1970."""
    directory = RunDirectory.create(runs, replace(CONFIG, id=run_id), RunFiles())
    if started:
        event = {"event": "started", "iteration": 0, "time": started}
        directory.append_metrics(metrics_line(event))
    directory.close()
    os.utime(directory.path / "config.toml", (written, written))
    return directory.path


NOON = datetime(2026, 3, 4, 12, tzinfo=UTC).timestamp()


def test_latest_of_a_second_is_the_one_begun_last(tmp_path: Path) -> None:
    order = ["20260304-120000-zzzz", "20260304-120000-0000", "20260304-120000-kkkk"]
    for number, run_id in enumerate(order):
        make_run(tmp_path, run_id, written=NOON + number / 100, started="2026-03-04T12:00:00Z")
    assert [path.name for path in run_paths(tmp_path)] == order
    assert find_run(tmp_path, "latest").name == order[-1]


@pytest.mark.parametrize("started", ["", "2099-12-31T23:59:59Z", "2026-03-04T11:00:00Z", "noon"])
def test_a_run_of_the_next_century_is_not_the_latest(tmp_path: Path, started: str) -> None:
    make_run(tmp_path, "20991231-235959-zzzz", written=NOON - 3600, started=started)
    make_run(tmp_path, "20260304-120000-0000", written=NOON)
    assert find_run(tmp_path, "latest").name == "20260304-120000-0000"
    century = datetime(2099, 12, 31, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "20991231-235959-zzzz" / "config.toml", (century, century))
    assert find_run(tmp_path, "latest").name == "20260304-120000-0000"


def test_a_copy_is_as_old_as_its_run(tmp_path: Path) -> None:
    make_run(tmp_path, "a-copy", written=NOON + 9000, started="2026-03-04T12:00:00Z")
    make_run(tmp_path, "20260304-130000-0000", written=NOON + 3600)
    make_run(tmp_path, "somebodys", written=NOON + 1800)
    assert [path.name for path in run_paths(tmp_path)] == [
        *("a-copy", "somebodys", "20260304-130000-0000"),
    ]


def test_the_list_survives_every_damage(tmp_path: Path) -> None:
    def make(run_id: str) -> Path:
        directory = RunDirectory.create(tmp_path, replace(CONFIG, id=run_id), RunFiles())
        directory.close()
        return directory.path

    make("1-whole")
    (make("2-config") / "config.toml").write_bytes(b"\xff\xfe")
    (make("3-empty") / "config.toml").unlink()
    metrics = make("4-metrics") / "metrics.jsonl"
    metrics.write_bytes(b'\0\x1b{"\n{"event": "finished", "iteration": 9, "time": "t"}\n{"iter')
    (make("5-folder") / "metrics.jsonl").mkdir()
    (tmp_path / "a file").touch()
    (tmp_path / "\x1b[2J").mkdir()
    found = {run.id: run for run in list_runs(tmp_path)}
    assert list(found) == ["1-whole", "2-config", "3-empty", "4-metrics", "5-folder"]
    states = [run.state for run in found.values()]
    assert states == [
        StoredState.INTERRUPTED,
        StoredState.DAMAGED,
        StoredState.DAMAGED,
        StoredState.FINISHED,
        StoredState.INTERRUPTED,
    ]
    assert found["1-whole"].config is not None
    assert found["1-whole"].config.net_title == "2-5-3"
    assert "damaged, no TOML" in found["2-config"].fault
    assert "No such file" in found["3-empty"].fault
    assert found["4-metrics"].iteration == 9
    assert "not a regular file" in found["5-folder"].fault


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_in_a_files_place_makes_nobody_wait(tmp_path: Path) -> None:
    for name in ("config.toml", "metrics.jsonl", "lock"):
        directory = RunDirectory.create(tmp_path, replace(CONFIG, id=name), RunFiles())
        directory.close()
        (directory.path / name).unlink(missing_ok=True)
        os.mkfifo(directory.path / name)
    runs = {run.id: run for run in list_runs(tmp_path)}
    assert "not a regular file" in runs["config.toml"].fault
    assert "not a regular file" in runs["metrics.jsonl"].fault
    assert runs["lock"].fault == ""
    for name in ("metrics.jsonl", "lock"):
        with pytest.raises(RunError, match=rf"{name}: not a regular file"):
            RunDirectory.open(tmp_path / name, RunFiles())


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_a_date_that_no_clock_shows_is_refused(tmp_path: Path, created: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(CONFIG.to_toml().replace(b"2026-11-23 18:22:07+00:00", created.encode()))
    with pytest.raises(RunError, match="created is in the year"):
        read_config(path)


@pytest.mark.parametrize("event", ["paused", "finished", "diverged"])
def test_the_list_says_of_a_run_that_is_held_what_it_does(tmp_path: Path, event: str) -> None:
    directory = RunDirectory.create(tmp_path, CONFIG, RunFiles())
    metrics = directory.path / "metrics.jsonl"
    metrics.write_bytes(
        POINT % 8 + b'{"event": "%s", "iteration": 9, "time": "t"}\n' % event.encode()
    )
    assert [run.state.value for run in list_runs(tmp_path)] == [event]
    with metrics.open("ab") as file:
        file.write(POINT % 10)
    assert [run.state.value for run in list_runs(tmp_path)] == ["training"]
    directory.close()


def test_a_fault_read_from_a_file_is_printable() -> None:
    assert str(RunError("unknown hyperparameters: \x1b]0;title\x07")).isprintable()


POINT = b'{"iteration": %d, "epoch": 1, "loss": 0.5, "elapsed": 1}\n'


def test_damaged_metrics_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    bad = [
        b"\xff\xfe",
        b'{"iteration": -1, "epoch": 1, "elapsed": 1}',
        b'{"iteration": 5, "epoch": NaN, "elapsed": 1}',
        b'{"iteration": 5, "epoch": 1e999, "elapsed": 1}',
        b'{"iteration": 5, "epoch": 1, "elapsed": 1, "test_accuracy": 2}',
        b'{"iteration": 0, "epoch": 1, "elapsed": 1}',
        b"[" * 3000,
        b'{"iteration": ' + b"9" * 4000 + b"}",
        b"x" * 100_000,
    ]
    path.write_bytes(POINT % 3 + b"\n".join(bad) + b"\n" + POINT % 7 + b'{"iteration": 9, "ep')
    reader = read_metrics(path)
    assert [point.iteration for point in reader.points] == [3, 7]
    assert reader.damaged_lines == len(bad) + 1


@given(st.lists(st.integers(1, 400), max_size=12), st.binary(max_size=200))
def test_metrics_read_the_same_in_whatever_pieces_they_come(cuts: list[int], junk: bytes) -> None:
    data = b"".join(POINT % number for number in range(5)) + junk + b"\n" + POINT % 9
    whole = MetricsReader()
    whole.feed(data)
    pieces = MetricsReader()
    rest = data
    for cut in cuts:
        pieces.feed(rest[:cut])
        rest = rest[cut:]
    pieces.feed(rest)
    assert pieces.points == whole.points
    assert pieces.damaged_lines == whole.damaged_lines


def test_iterations_that_were_lost_do_not_count_twice(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    resumed = b'{"event": "resumed", "iteration": 4, "time": "t"}\n'
    path.write_bytes(POINT % 3 + POINT % 6 + resumed + POINT % 5 + POINT % 8)
    assert [point.iteration for point in read_metrics(path).points] == [3, 5, 8]


def test_what_comes_after_a_half_written_line_is_a_line_of_its_own(tmp_path: Path) -> None:
    first = RunDirectory.create(tmp_path, CONFIG, RunFiles())
    first.append_metrics(POINT % 1)
    first.close()
    with (first.path / "metrics.jsonl").open("ab") as file:
        file.write((POINT % 2)[:20])
    second = RunDirectory.open(first.path, RunFiles())
    second.append_metrics(POINT % 3)
    second.close()
    reader = read_metrics(first.path / "metrics.jsonl")
    assert [point.iteration for point in reader.points] == [1, 3]
    assert reader.damaged_lines == 1
