"""The training process: a real child that trains the same bits, stays quiet, and always leaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import environment, run_program, wait_until
from tests.support.scripted_worker import SPIRAL
from tui_backprop.runs.listing import list_runs
from tui_backprop.runs.stored_progress import read_progress
from tui_backprop.session.client import ProcessClient
from tui_backprop.session.messages import (
    Command,
    Event,
    LimitSpeed,
    Run,
    RunIterations,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    WorkerEnded,
)

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


class Session:
    """A ProcessClient and the events it handed on."""

    def __init__(self, runs: Path | None = None) -> None:
        self.client = ProcessClient(runs)
        self.events: list[Event] = []
        self._arrived = threading.Condition()
        self.start()

    def start(self) -> None:
        """Start a training process, the first or, once it has ended, another."""
        self.client.start(self._take)

    def send(self, *commands: Command) -> None:
        for command in commands:
            self.client.send(command)

    def wait_for_more_than(self, count: int, timeout: float = 5.0) -> None:
        """Wait until more events than that have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.events) > count, timeout)

    def wait_for(self, wanted: Callable[[Event], bool], timeout: float = 15.0) -> Event:
        """Return the first event that is wanted."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(map(wanted, self.events)), timeout)
            return next(filter(wanted, self.events))

    def snapshot(self, state: RunState) -> SessionSnapshot:
        """Wait for the run to be in a state."""
        event = self.wait_for(lambda e: isinstance(e, SnapshotTaken) and e.snapshot.state is state)
        assert isinstance(event, SnapshotTaken)
        return event.snapshot

    def ended(self) -> WorkerEnded:
        """Wait for the report that the process is gone."""
        event = self.wait_for(lambda e: isinstance(e, WorkerEnded))
        assert isinstance(event, WorkerEnded)
        return event

    @property
    def pid(self) -> int:
        assert self.client.pid is not None
        return self.client.pid

    def _take(self, event: Event) -> None:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()


@pytest.fixture
def session() -> Iterator[Session]:
    """A training process; its end is part of every test."""
    session = Session()
    yield session
    session.client.close()
    assert is_gone(session.pid)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    if os.name != "posix":
        return False
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.strip().startswith("Z") or not shown.stdout.strip()


def test_the_same_bits_as_headless(session: Session) -> None:
    session.send(TakeSnapshot(), Start(SPIRAL), Run())
    in_app = session.snapshot(RunState.FINISHED).training
    done = run_program(
        *["train", "--json", "--dataset=spiral", "--hidden=8", "--batch-size=30"],
        *["--learning-rate=0.5", "--iterations=60"],
    )
    _, *headless, _ = [json.loads(line) for line in done.stdout.splitlines()]
    shown = [(p.iteration, p.train, p.test) for p in in_app.views["evaluations"]]
    assert shown == [(h["iteration"], h["train_accuracy"], h["test_accuracy"]) for h in headless]
    assert in_app.loss == headless[-1]["loss"]


def test_snapshots_come_when_asked_for_while_it_trains(session: Session) -> None:
    session.send(Start(SPIRAL.with_value("iterations", 10**9)), Run())
    session.snapshot(RunState.RUNNING)
    for _ in range(3):
        before = len(session.events)
        session.send(TakeSnapshot())
        session.wait_for_more_than(before)
    requested = [e for e in session.events if isinstance(e, SnapshotTaken) and e.requested]
    iterations = [e.snapshot.training.iteration for e in requested]
    assert len(iterations) == 3
    assert iterations == sorted(iterations)


@pytest.mark.parametrize("training", [False, True])
def test_close_leaves_no_process(training: bool) -> None:
    session = Session()
    if training:
        session.send(Start(SPIRAL.with_value("iterations", 10**9)), Run())
        session.snapshot(RunState.RUNNING)
    start = time.monotonic()
    session.client.close()
    assert is_gone(session.pid)
    assert time.monotonic() - start < 2.0
    assert not any(isinstance(event, WorkerEnded) for event in session.events)
    session.send(Run())  # to a process that is gone: dropped


@posix
def test_a_killed_process_is_reported_once(session: Session) -> None:
    session.send(Start(SPIRAL.with_value("iterations", 10**9)), Run())
    session.snapshot(RunState.RUNNING)
    os.kill(session.pid, signal.SIGKILL)
    assert session.ended().exit_code == -signal.SIGKILL
    session.send(TakeSnapshot())
    assert sum(isinstance(event, WorkerEnded) for event in session.events) == 1


@posix
def test_a_stopped_process_is_woken_to_save_and_leave(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.send(Start(SPIRAL.with_value("iterations", 10**9)), RunIterations(30))
    session.snapshot(RunState.PAUSED)
    session.send(Run())
    os.kill(session.pid, signal.SIGSTOP)
    session.client.close()
    assert wait_until(lambda: is_gone(session.pid), timeout=2.0)
    (run,) = list_runs(tmp_path)
    assert run.iteration
    assert read_progress(tmp_path / run.id / "checkpoint.npz").iteration == run.iteration


@posix
def test_signals_from_the_terminal_do_not_reach_training(session: Session) -> None:
    session.send(Start(SPIRAL), LimitSpeed(100), Run())
    session.snapshot(RunState.RUNNING)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTSTP):
        os.kill(session.pid, number)
    assert session.snapshot(RunState.FINISHED).training.iteration == 60


def test_a_fault_in_the_worker_is_its_last_word(session: Session) -> None:
    session.send(Command())
    ended = session.ended()
    assert ended.exit_code == 1
    assert "TypeError: unknown command" in ended.error


ORPHANING_PARENT = """
import os, sys
from tests.session.test_process_client import Session
from tests.support.scripted_worker import SPIRAL
from tui_backprop.session.messages import Run, RunState, Start

if __name__ == "__main__":
    session = Session()
    session.send(Start(SPIRAL.with_value("iterations", 10**9)), Run())
    session.snapshot(RunState.RUNNING)
    print(session.pid, flush=True)
    sys.stdin.read()
"""


@posix
def test_the_child_of_a_killed_parent_leaves() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANING_PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.kill()
    assert wait_until(lambda: is_gone(child), timeout=2.0)


TALKATIVE_CHILD = """
import os, sys, warnings
from tui_backprop.session import process, worker

def talk(self):
    print("printed")
    warnings.warn("warned")
    os.write(1, b"written")
    os.write(2, b"written")
    sys.stderr.write("written too")
    sys.stderr.flush()
    sys.stdout.flush()
    raise RuntimeError("the last word")

class Pipe:
    def recv(self): raise EOFError
    def send(self, event): sent.append(event)

sent = []
worker.Worker.run = talk
answer = os.dup(1)
try:
    process.main(Pipe())
except SystemExit:
    os.write(answer, sent[0].error.strip().splitlines()[-1].encode())
"""


def test_nothing_the_child_prints_is_seen() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TALKATIVE_CHILD],
        capture_output=True,
        env=environment(),
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("RuntimeError: the last word", "")


@posix
def test_a_killed_process_can_be_followed_by_another(session: Session) -> None:
    for _ in range(2):
        session.events.clear()
        session.send(Start(SPIRAL.with_value("iterations", 10**9)), Run())
        session.snapshot(RunState.RUNNING)
        before = session.pid
        os.kill(before, signal.SIGKILL)
        session.ended()
        session.start()
        assert session.pid != before
        assert is_gone(before)
    session.events.clear()
    session.send(Start(SPIRAL), Run())
    assert session.snapshot(RunState.FINISHED).training.iteration == 60


STUCK_CHILD = """
import time
from tui_backprop.session import process, worker

def stay(self):
    storage = self._records._storage
    began = time.monotonic()
    while time.monotonic() < began + {busy}:
        pass
    with storage.files.at_work():
        time.sleep({writing})
    open({done!r}, "w").close()
    while True:
        time.sleep(1)

worker.Worker.run = stay
process.LOOK_SECONDS = 0.5
process.run({runs!r})
"""


@posix
@pytest.mark.parametrize("told", ["closed", "SIGTERM"])
@pytest.mark.parametrize(("busy", "writing"), [(0.0, 0.0), (1.5, 0.0), (0.0, 1.5)])
def test_a_worker_that_waits_for_ever_is_ended_but_not_one_that_computes_or_writes(
    tmp_path: Path, told: str, busy: float, writing: float
) -> None:
    done = tmp_path / "done"
    code = STUCK_CHILD.format(busy=busy, writing=writing, runs=str(tmp_path), done=str(done))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as child:
        assert child.stdin is not None
        if told == "closed":
            child.stdin.close()
        else:
            assert wait_until(done.exists, timeout=20.0)
            child.send_signal(signal.SIGTERM)
        assert child.wait(20.0) == 1
    assert done.exists()
