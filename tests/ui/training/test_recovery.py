"""What the app offers when training has stopped by itself or its process is gone."""

import re
from dataclasses import replace

import pytest

from tests.support.app import LARGE, SMALL, AppUnderTest, running_app
from tests.support.clients import PuppetClient
from tests.support.scripted_worker import DIVERGING, SPIRAL, ScriptedWorker
from tui_backprop.session.messages import (
    LimitSpeed,
    LoadingStarted,
    Refused,
    Resume,
    Run,
    RunIterations,
    RunState,
    SessionSnapshot,
    SnapshotTaken,
    Start,
    TakeSnapshot,
    WorkerEnded,
)
from tui_backprop.settings.hyperparameters import Hyperparameters

RUN_ID = "20261123-182207-aaaa"
FULL = "not saved: No space left on device"
KEY = r"\bg Go back"


def snapshot(
    settings: Hyperparameters = SPIRAL, run_id: str | None = RUN_ID, not_saved: str = ""
) -> SessionSnapshot:
    """Return how a run stands that was trained for 30 iterations, or until it diverged."""
    worker = ScriptedWorker()
    worker.say(Start(settings), RunIterations(30), None)
    worker.play()
    return replace(worker.snapshots[-1], run_id=run_id, not_saved=not_saved)


def shows_key(test: AppUnderTest) -> bool:
    return re.search(KEY, test.text_of("#key-line")) is not None


async def killed(test: AppUnderTest, last: SessionSnapshot | None) -> None:
    if last is not None:
        test.puppet.tell(SnapshotTaken(last, False))
        await test.shows("30/60")
    test.puppet.tell(WorkerEnded(-9, ""))
    await test.shows("✗ the training process was killed (SIGKILL)")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_one_key_goes_on_in_a_new_process(size: tuple[int, int]) -> None:
    async with running_app(client=PuppetClient(), size=size) as test:
        await test.press("minus")
        await killed(test, snapshot())
        assert "g goes on from the last checkpoint" in test.text_of("#status-bar")
        await test.until(lambda: shows_key(test))
        sent = len(test.client.sent)
        await test.press("g")
        await test.shows("◌ loading a new training process")
        assert test.puppet.starts == 2
        assert test.client.sent[sent:] == [Resume(RUN_ID), LimitSpeed(1000)]
        test.puppet.tell(LoadingStarted("x"), SnapshotTaken(snapshot(), False))
        await test.shows("○ paused", "30/60")
        assert not shows_key(test)
        await test.press("g", "space")
        assert test.commands(Run) == [Run()]
        assert test.puppet.starts == 2
        # The new process is asked for frames as the old one was.
        test.puppet.tell(SnapshotTaken(replace(snapshot(), state=RunState.RUNNING), False))
        await test.until(lambda: test.commands(TakeSnapshot))


@pytest.mark.parametrize("seen", [False, True])
async def test_a_run_that_was_not_stored_starts_anew(seen: bool) -> None:
    settings = SPIRAL.with_value("seed", 5)
    async with running_app(settings, client=PuppetClient()) as test:
        await killed(test, snapshot(settings, run_id=None) if seen else None)
        await test.shows("g starts anew")
        await test.press("g")
        await test.until(lambda: test.puppet.starts == 2)
        assert test.commands(Start) == [Start(settings), Start(settings)]


async def test_reset_starts_a_new_process_too() -> None:
    async with running_app(client=PuppetClient()) as test:
        await killed(test, snapshot())
        await test.press("r")
        await test.until(lambda: test.puppet.starts == 2)
        assert test.commands(Start) == [Start(SPIRAL), Start(SPIRAL)]


async def test_it_may_happen_again_and_again() -> None:
    async with running_app(client=PuppetClient()) as test:
        for count in (2, 3, 4):
            await killed(test, snapshot())
            await test.press("g")
            await test.shows("◌ loading a new training process")
            assert test.puppet.starts == count
            test.puppet.tell(SnapshotTaken(snapshot(), False))
            await test.shows("○ paused")


async def test_a_run_that_cannot_be_resumed_is_told_and_a_new_one_can_be_started() -> None:
    async with running_app(client=PuppetClient()) as test:
        await killed(test, snapshot())
        await test.press("g")
        test.puppet.tell(LoadingStarted(RUN_ID), Refused("", "checkpoint.npz: damaged"))
        await test.shows("✗ checkpoint.npz: damaged")
        await test.press("r")
        test.puppet.tell(SnapshotTaken(snapshot(), False))
        await test.shows("○ paused")


async def test_a_system_that_starts_no_process_is_told_and_asked_again() -> None:
    async with running_app(client=PuppetClient()) as test:
        await killed(test, snapshot())
        test.puppet.fault = OSError(12, "Cannot allocate memory")
        await test.press("g")
        await test.shows("no training process can be started: Cannot allocate memory; g goes on")
        test.puppet.fault = None
        await test.press("g")
        await test.shows("◌ loading a new training process")


async def test_a_long_last_word_leaves_room_for_what_helps() -> None:
    async with running_app(client=PuppetClient(), size=SMALL) as test:
        test.puppet.tell(SnapshotTaken(snapshot(), False))
        test.puppet.tell(WorkerEnded(1, "Traceback …\nMemoryError: " + "\x1b[2J too much " * 20))
        await test.shows("✗ the training process failed: MemoryError", "g goes on from the last")
        assert "\x1b" not in test.text


async def test_what_diverged_goes_back_to_its_checkpoint() -> None:
    async with running_app(DIVERGING, client=PuppetClient(), size=SMALL) as test:
        stopped = snapshot(DIVERGING, not_saved=FULL)
        assert stopped.state is RunState.STOPPED
        test.puppet.tell(SnapshotTaken(stopped, False))
        await test.shows("✗ stopped: ", "g goes back, lower η")
        await test.until(lambda: shows_key(test))
        await test.press("g")
        assert test.commands(Resume) == [Resume(RUN_ID)]
        assert test.puppet.starts == 1
        test.puppet.tell(SnapshotTaken(snapshot(), False))
        await test.shows("○ paused")
        await test.until(lambda: not shows_key(test))


async def test_the_reason_stands_before_what_the_disk_says() -> None:
    async with running_app(DIVERGING, client=PuppetClient()) as test:
        test.puppet.tell(SnapshotTaken(snapshot(DIVERGING, not_saved=FULL), False))
        await test.shows("✗ stopped", FULL)
        line = test.lines[0]
        assert 0 < line.index("not finite") < line.index("g goes back") < line.index(FULL)


async def test_no_key_is_offered_that_would_do_nothing() -> None:
    async with running_app(client=PuppetClient()) as test:
        for state in RunState:
            if state is not RunState.STOPPED:
                test.puppet.tell(SnapshotTaken(replace(snapshot(), state=state), False))
                await test.press("g")
                assert not shows_key(test)
        test.puppet.tell(SnapshotTaken(snapshot(DIVERGING, run_id=None), False))
        await test.shows("lower η, then r")
        await test.press("g")
        assert not shows_key(test)
        assert not test.commands(Resume)
