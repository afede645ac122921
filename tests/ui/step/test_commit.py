"""Committing, leaving, and going on: no bit differs from a run that never stopped."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.app import LARGE, SMALL
from tests.support.scripted_worker import DIVERGING, SPIRAL, bits
from tests.ui.step.walk import STEPS, Walk, walking
from tui_backprop.datasets import load_dataset
from tui_backprop.session.walkthrough_messages import CommitTrace, TakeTrace
from tui_backprop.settings.hyperparameters import Hyperparameters
from tui_backprop.training.trainer import Trainer


def never_stopped(hyperparameters: Hyperparameters = SPIRAL) -> Trainer:
    trainer = Trainer(hyperparameters, load_dataset(hyperparameters.dataset))
    while not trainer.finished and trainer.non_finite is None:
        trainer.work()
    return trainer


async def leave(walk: Walk) -> None:
    while walk.is_open:
        await walk.press("escape")


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_a_walk_from_run_to_run(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with walking(size=size, iterations=7) as walk:
        await walk.press("end", "home")
        await walk.go_to(8)
        await walk.press("enter", "enter", "enter", "down", "enter")
        await walk.press("backspace", "backspace", "backspace", "escape", "c")
        await walk.shows("relative error")
        await walk.press("C")
        await walk.shows("every gradient is right")
        await walk.press("x")
        await walk.shows("written in")
        await walk.commit()
        await walk.commit()
        assert walk.status.startswith("‖ iteration 10/60  ")
        await leave(walk)
        await walk.shows(" 9/60", "paused")
        await walk.press("space")
        await walk.shows("✓ finished", "60/60")
        assert bits(walk.trainer) == bits(never_stopped())


async def test_w_applies_exactly_what_is_shown_and_shows_the_next_minibatch() -> None:
    async with walking(iterations=3) as walk:
        await walk.go_to(8)
        shown = walk.traced
        await walk.press("w")
        await walk.until(lambda: "iteration 5/60" in walk.status)
        assert walk.step == 8, "at the operation that was looked at"
        for key, param in walk.trainer.net.params.items():
            updated = shown.tape.find(f"{key}′").output.array
            assert param.tobytes() == updated.tobytes()
        following = walk.traced
        assert following.iteration == shown.iteration + 1
        assert following.tape.facts.indices != shown.tape.facts.indices
        assert following.tape.facts.indices == tuple(walk.trainer.next_minibatch().indices.tolist())


async def test_w_twice_commits_only_the_iteration_that_was_on_screen() -> None:
    async with walking() as walk:
        walk.screen.action_commit()
        walk.screen.action_commit()
        await walk.until(lambda: len(walk.test.commands(CommitTrace)) == 2)
        await walk.until(lambda: "iteration 2/60" in walk.status)
        await walk.settle()
        assert walk.trainer.iteration == 1
        assert "iteration 2/60" in walk.status


async def test_leaving_changes_nothing_and_the_same_minibatch_comes_next() -> None:
    async with walking(iterations=3) as walk:
        before, indices = bits(walk.trainer), walk.screen._tape.facts.indices
        await walk.press("end", "escape", "escape")
        await walk.until(lambda: not walk.is_open)
        assert bits(walk.trainer) == before
        assert tuple(walk.trainer.next_minibatch().indices.tolist()) == indices
        await walk.open()
        assert walk.screen._tape.facts.indices == indices


async def test_leaving_while_a_commit_is_under_way_does_not_come_back() -> None:
    async with walking() as walk:
        walk.screen.action_commit()
        walk.screen.action_leave()
        walk.screen.action_leave()
        await walk.shows(" 1/60", "paused")
        await walk.settle()
        assert not walk.is_open


async def test_s_twice_opens_one_screen() -> None:
    async with walking() as walk:
        await walk.press("escape", "escape")
        await walk.until(lambda: not walk.is_open)
        await walk.press("s", "s")
        await walk.until(lambda: walk.is_open)
        await walk.settle()
        assert "not committed" not in walk.status
        assert len(walk.test.commands(TakeTrace)) in (2, 3)
        await walk.press("escape", "escape")
        await walk.settle()
        assert not walk.is_open


async def test_s_stops_a_run_under_way() -> None:
    endless = replace(SPIRAL, iterations=10**6)
    async with walking(endless) as walk:
        await walk.press("escape", "escape")
        await walk.until(lambda: not walk.is_open)
        await walk.press("space")
        await walk.shows("● training")
        await walk.open()
        found = re.search(r"iteration ([\d,]+)/", walk.status)
        assert found
        iteration = walk.trainer.iteration
        assert int(found[1].replace(",", "")) == iteration + 1
        await walk.test.pilot.pause(0.05)
        assert walk.trainer.iteration == iteration


async def test_a_finished_run_can_be_walked_but_not_committed() -> None:
    async with walking(replace(SPIRAL, iterations=2), size=SMALL, iterations=1) as walk:
        await walk.press("w")
        await walk.until(lambda: "all 2 iterations made" in walk.status)
        await walk.press("w")
        assert walk.status.endswith("not committed: all 2 iterations are made")
        await walk.press("end")
        assert walk.step == STEPS


@pytest.mark.parametrize("size", [LARGE, SMALL])
async def test_what_is_not_finite_is_not_committed_and_says_why(size: tuple[int, int]) -> None:
    reference = never_stopped(DIVERGING)
    assert reference.non_finite is not None
    async with walking(DIVERGING, size=size) as walk:
        for _ in range(reference.iteration + 1):
            await walk.commit()
        stopped = reference.non_finite
        assert walk.status.endswith(
            f"not committed: {stopped.what} of {stopped.where} not finite; lower η and reset"
        )
        assert bits(walk.trainer) == bits(reference)
        await walk.press("end", "enter", "escape", "home")
        assert walk.step == 1, "and every number can still be looked at"
        await leave(walk)
        await walk.shows("not finite in iteration")
