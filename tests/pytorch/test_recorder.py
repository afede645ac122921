"""`Recorder`: what one line beside a PyTorch loop keeps of it."""

import copy
import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install tui-backprop[pytorch]"
)

from torch import nn  # noqa: E402

from tests.runs.stored_runs import World, disk_full  # noqa: E402
from tests.support.processes import environment  # noqa: E402
from tui_backprop.pytorch import Recorder, trace  # noqa: E402
from tui_backprop.runs.format.layers import read_newest_rows  # noqa: E402
from tui_backprop.runs.format.metrics import MetricsReader, read_metrics  # noqa: E402
from tui_backprop.runs.location import run_paths  # noqa: E402
from tui_backprop.training.snapshot import ParameterStatistics  # noqa: E402


def stored(world: World) -> MetricsReader:
    (path,) = run_paths(world.runs)
    return read_metrics(path / "metrics.jsonl", None)


def rows(world: World) -> dict[str, Any]:
    (path,) = run_paths(world.runs)
    found = read_newest_rows(path / "layers.jsonl")
    assert found is not None
    return {row.name: row for row in found.rows if isinstance(row, ParameterStatistics)}


def values(world: World, name: str) -> list[float]:
    return [p.values[name] for p in stored(world).points if name in p.values]


class Loop:
    """A training loop, each step of which takes a second."""

    def __init__(self, world: World, **options: Any) -> None:
        torch.manual_seed(0)
        self.world = world
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.recorder = Recorder(
            options.pop("recorded", self.model), self.optimizer, "mine", storage=world.storage
        )

    def backward(self, scale: float = 1.0) -> Any:
        loss = self.model(torch.ones(5, 3)).square().mean()
        (loss * scale).backward()
        return loss

    def step(self, **logged: Any) -> None:
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.world.clock.seconds += 1.0
        self.recorder.log(**logged)


def test_norms_are_those_of_the_step_though_gradients_are_zeroed_after_it(world: World) -> None:
    loop = Loop(world)
    for _ in range(3):
        before = {n: p.detach().clone() for n, p in loop.model.named_parameters()}
        loss = loop.backward()
        gradients = {n: p.grad.norm().item() for n, p in loop.model.named_parameters()}
        loop.step(loss=loss)
    loop.recorder.finish()
    found = rows(world)
    assert list(found) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for name, parameter in loop.model.named_parameters():
        row = found[name]
        moved = (parameter.detach() - before[name]).norm().item()
        assert row.gradient_norm == pytest.approx(gradients[name], rel=1e-6)
        assert row.norm == pytest.approx(parameter.norm().item(), rel=1e-6)
        assert row.update_ratio == pytest.approx(moved / row.norm, rel=1e-3)
        assert (row.layer, row.shape) == (name[0], tuple(parameter.shape))
    assert [(e.event, e.iteration) for e in stored(world).events] == [
        ("started", 0),
        ("finished", 3),
    ]


def test_logged_values_are_numbers_or_tensors_of_one(world: World, capsys: Any) -> None:
    loop = Loop(world)
    loss = loop.backward()
    loop.step(loss=loss, train_accuracy=0.5, epoch=2, picture=torch.ones(3), text="a", big=10**400)
    loop.recorder.log({"val/f1": 0.25})
    loop.recorder.finish()
    assert values(world, "loss") == [pytest.approx(loss.item())]
    assert values(world, "train_accuracy") == [0.5]
    assert values(world, "val/f1") == [0.25]
    assert stored(world).points[-1].epoch == 2.0
    told = capsys.readouterr().err
    assert "picture is no single number" in told
    assert "big is no single number" in told


def _log_and_fail(loop: Loop) -> None:
    with loop.recorder as recorder:
        loop.step(loss=1.0)
        # As where a step is short beside what a point costs.
        recorder._next["loss"] = loop.world.clock.seconds + 60.0
        loop.step(loss=2.0)
        raise ZeroDivisionError


def test_what_was_logged_last_is_kept_where_an_error_ends_the_block(
    world: World, capsys: Any
) -> None:
    loop = Loop(world)
    with pytest.raises(ZeroDivisionError):
        _log_and_fail(loop)
    assert values(world, "loss") == [1.0, 2.0]
    assert stored(world).events[-1].event == "interrupted"
    assert "left out" not in capsys.readouterr().err


def test_steps_are_counted_not_passes_where_gradients_are_accumulated(world: World) -> None:
    loop = Loop(world)
    for number in range(12):
        loop.backward(1 / 4)
        total = loop.model[0].weight.grad.norm().item()
        if number % 4 == 3:
            loop.step(loss=1.0)
    loop.recorder.finish()
    assert [p.iteration for p in stored(world).points if "loss" in p.values] == [1, 2, 3]
    assert rows(world)["0.weight"].gradient_norm == pytest.approx(total, rel=1e-6)


def test_the_learning_rate_of_each_group_follows_its_schedule(world: World) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters()}, {"params": model[1].parameters(), "lr": 0.5}], lr=0.1
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    with Recorder(model, optimizer, "mine", storage=world.storage):
        for _ in range(6):
            optimizer.zero_grad()
            model(torch.ones(2, 3)).sum().backward()
            optimizer.step()
            schedule.step()
            world.clock.seconds += 1.0
    first, second = values(world, "learning_rate/0"), values(world, "learning_rate/1")
    assert first[0] == 0.1
    assert second[0] == 0.5
    assert len(first) >= 3
    assert all(a > b for a, b in pairwise(first))


def test_gradients_that_were_scaled_are_shown_as_they_are(world: World) -> None:
    loop = Loop(world)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    norms: list[float] = []
    for _ in range(3):
        loss = loop.model(torch.ones(5, 3)).square().mean()
        scaler.scale(loss).backward()
        norms.append(loop.model[0].weight.grad.norm().item() / 1024.0)
        scaler.step(loop.optimizer)
        scaler.update()
        loop.optimizer.zero_grad()
        world.clock.seconds += 1.0
    loop.recorder.finish()
    assert rows(world)["0.weight"].gradient_norm == pytest.approx(norms[-1], rel=1e-5)


def test_a_step_that_the_scaler_leaves_out_is_none(world: World) -> None:
    loop = Loop(world)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for number in range(3):
        loss = loop.model(torch.ones(5, 3)).square().mean() * (math.inf if number == 1 else 1.0)
        scaler.scale(loss).backward()
        scaler.step(loop.optimizer)
        scaler.update()
        loop.optimizer.zero_grad()
        world.clock.seconds += 1.0
        loop.recorder.log(seen=float(number))
    loop.recorder.finish()
    assert (stored(world).points[-1].iteration, values(world, "seen")[-1]) == (2, 2.0)


def test_a_fused_step_takes_scaled_gradients_and_the_scale_is_taken_off(world: World) -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    norms: list[float] = []
    with Recorder(model, optimizer, "mine", storage=world.storage):
        for _ in range(3):
            scaler.scale(model(torch.ones(5, 3)).square().mean()).backward()
            norms.append(model.weight.grad.norm().item() / 1024.0)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
            world.clock.seconds += 1.0
    assert rows(world)["weight"].gradient_norm in [pytest.approx(n, rel=1e-5) for n in norms]


def test_looks_and_reads_come_by_time_however_many_steps_there_are(world: World) -> None:
    loop = Loop(world)
    looks: list[int] = []
    end = loop.recorder._recorder.log  # type: ignore[union-attr]

    def counted(iteration: int, metrics: Any, given: Any = ()) -> None:
        looks.append(bool(given))
        end(iteration, metrics, given)

    loop.recorder._recorder.log = counted  # type: ignore[method-assign, union-attr]
    for _ in range(400):
        loop.backward()
        loop.optimizer.step()
        world.clock.seconds += 0.005
        loop.recorder.log(loss=torch.tensor(1.0))
    loop.recorder.finish()
    assert 3 <= sum(looks) <= 6


def test_a_full_disk_is_told_once_and_training_goes_on(world: World, capsys: Any) -> None:
    world.files.fault = disk_full()
    loop = Loop(world)
    for _ in range(20):
        loop.step(loss=loop.backward())
    loop.recorder.finish()
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_nothing_is_raised_whatever_goes_wrong_inside(
    world: World, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = Loop(world)

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr("tui_backprop.pytorch.recorder.Look", fail)
    for _ in range(5):
        loop.step(loss=loop.backward())
    loop.recorder.finish()
    assert capsys.readouterr().err.count("broken") == 1
    assert values(world, "loss")


def test_training_is_the_same_to_the_bit_with_and_without(world: World) -> None:
    with_it = Loop(world)
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        plain(torch.ones(5, 3)).square().mean().backward()
        optimizer.step()
        with_it.step(loss=with_it.backward())
    with_it.recorder.finish()
    for a, b in zip(plain.parameters(), with_it.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_trace_between_two_steps_is_no_step_of_the_run(world: World) -> None:
    loop = Loop(world)
    loop.step(loss=loop.backward())
    trace(loop.model, lambda y, _: y.sum(), torch.ones(2, 3), None, loop.optimizer)
    copy.deepcopy(loop.optimizer).step()
    loop.step(loss=loop.backward())
    loop.recorder.finish()
    assert stored(world).points[-1].iteration == 2


def test_other_ranks_record_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    loop = Loop(world)
    loop.step(loss=loop.backward())
    loop.recorder.finish()
    assert loop.recorder.run_id is None
    assert not run_paths(world.runs)


def test_what_is_no_model_or_optimizer_is_refused(world: World) -> None:
    model = nn.Linear(2, 1)
    with pytest.raises(TypeError, match="optimizer: is Linear"):
        Recorder(model, model, "x", storage=world.storage)
    with pytest.raises(TypeError, match="model: is int"):
        Recorder(3, torch.optim.SGD(model.parameters()), "x")


@pytest.mark.parametrize(
    ("last", "event", "reason"),
    [
        ("pass", "finished", ""),
        ("raise ValueError('no data')", "interrupted", "ValueError: no data"),
    ],
)
def test_a_run_ends_with_its_program(tmp_path: Path, last: str, event: str, reason: str) -> None:
    program = f"""
import torch
from tui_backprop.pytorch import Recorder
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters())
recorder = Recorder(model, optimizer, "mine", runs_dir={str(tmp_path)!r})
for _ in range(3):
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    recorder.log(loss=1.0)
{last}
"""
    subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, check=False
    )
    (path,) = run_paths(tmp_path)
    found = read_metrics(path / "metrics.jsonl", None).events[-1]
    assert (found.event, found.iteration, found.reason) == (event, 3, reason)
