"""Tracing and checking leave everything of the user's as it was, to the bit."""

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install tui-backprop[pytorch]"
)

from tests.pytorch.models import CASES, Case, convolutional, perceptron  # noqa: E402
from tui_backprop.pytorch import check, trace  # noqa: E402

OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True
    ),
    "adam": lambda p: torch.optim.Adam(p, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p),
    "adamw foreach": lambda p: torch.optim.AdamW(p, foreach=True),
    "adagrad": lambda p: torch.optim.Adagrad(p),
}


def bits(value: Any) -> Any:
    """Return all that a model, an optimizer or a state holds, in a form that compares."""
    if isinstance(value, torch.Tensor):
        return id(value), value.dtype, tuple(value.shape), value.detach().cpu().numpy().tobytes()
    if isinstance(value, dict):
        # An optimizer's state is by its parameters.
        return [(id(k) if isinstance(k, torch.Tensor) else k, bits(v)) for k, v in value.items()]
    return [bits(item) for item in value] if isinstance(value, list | tuple) else value


def everything(case: Case, optimizer: Any) -> Any:
    """Return all that could change."""
    model = case.model
    return [
        bits([*model.parameters(), *model.buffers()]),
        bits([p.grad for p in model.parameters()]),
        [p.requires_grad for p in model.parameters()],
        bits(dict(optimizer.state)),
        bits([{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]),
        [bits({k: v for k, v in vars(m).items() if k[:1] != "_"}) for m in model.modules()],
        [m.training for m in model.modules()],
        bits(torch.get_rng_state()),
        random.getstate(),
        pickle.dumps(np.random.get_state()),  # noqa: NPY002
        bits([case.x, case.t]),
    ]


def after_two_steps(case: Case, make: Callable[..., Any]) -> Any:
    """Return an optimizer with state, and leave gradients behind."""
    optimizer = make(case.model.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        case.plain_loss().backward()
        optimizer.step()
    return optimizer


def without_states(kept: Any) -> Any:
    """Return what was kept, but for the ids of tensors that are made anew by looking."""
    return [*kept[:7], kept[7][1:], *kept[8:]]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_nothing_changes_by_a_trace_and_it_is_the_very_next_iteration(name: str, kind: str) -> None:
    torch.manual_seed(0)
    case = CASES[name]()
    optimizer = after_two_steps(case, OPTIMIZERS[kind])
    before = everything(case, optimizer)
    tape = trace(case.model, case.loss_fn, case.x, case.t, optimizer)
    assert without_states(everything(case, optimizer)) == without_states(before)
    optimizer.zero_grad()
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        loss = case.plain_loss()
        loss.backward()
    assert float(tape.find("loss").output.array) == loss.item()
    grads = {name: p.grad.clone() for name, p in case.model.named_parameters()}
    optimizer.step()
    for key, parameter in case.model.named_parameters():
        assert np.array_equal(tape.find(f"d{key}").output.array, grads[key].numpy()), key
        assert np.array_equal(tape.find(f"{key}′").output.array, parameter.detach().numpy()), key


@pytest.mark.parametrize("name", CASES)
def test_nothing_changes_by_a_check(name: str) -> None:
    torch.manual_seed(0)
    case = CASES[name]()
    optimizer = after_two_steps(case, OPTIMIZERS["adam"])
    before = everything(case, optimizer)
    assert check(case.model, case.loss_fn, case.x, case.t, entries=6, show=False).ok
    assert without_states(everything(case, optimizer)) == without_states(before)


@pytest.mark.parametrize("where", ["forward", "loss", "backward", "step"])
@pytest.mark.parametrize("job", [trace, check])
def test_nothing_changes_where_an_exception_is_raised(where: str, job: Callable[..., Any]) -> None:
    torch.manual_seed(0)
    case = convolutional()
    optimizer = after_two_steps(case, OPTIMIZERS["adam"])
    given: Any = (optimizer,) if job is trace else ()

    def fail(*_: Any) -> Any:
        raise RuntimeError("no")

    loss_fn = fail if where == "loss" else case.loss_fn
    hook: Any = None
    if where == "forward":
        hook = case.model.fc.register_forward_hook(fail)
    elif where == "backward":
        hook = next(case.model.parameters()).register_hook(fail)
    elif job is check:
        return
    else:
        optimizer.param_groups[0]["betas"] = (None, None)
    before = everything(case, optimizer)
    with pytest.raises((RuntimeError, TypeError)):
        job(case.model, loss_fn, case.x, case.t, *given)
    assert without_states(everything(case, optimizer)) == without_states(before)
    if hook is not None:
        hook.remove()


def test_a_trace_draws_what_the_next_pass_will_draw() -> None:
    torch.manual_seed(0)
    case = convolutional()
    tape = trace(case.model, case.loss_fn, case.x, case.t)
    again = trace(case.model, case.loss_fn, case.x, case.t)
    drawn = [s.output.array for s in tape if s.layer == "drop" and s.title == "drop.forward"]
    assert all(
        np.array_equal(a, b.output.array)
        for a, b in zip(drawn, [s for s in again if s.title == "drop.forward"], strict=True)
    )


def test_a_hook_of_the_user_s_optimizer_does_not_see_the_traced_step() -> None:
    case = perceptron()
    optimizer = torch.optim.SGD(case.model.parameters(), lr=0.1)
    seen: list[int] = []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    count = scheduler._step_count
    trace(case.model, case.loss_fn, case.x, case.t, optimizer)
    assert not seen
    assert scheduler._step_count == count
    assert not getattr(optimizer, "_opt_called", False)


def test_a_parameter_read_past_the_model_is_told() -> None:
    case = perceptron()
    weight = next(case.model.parameters())

    def loss_fn(y: Any, t: Any) -> Any:
        return case.loss_fn(y, t) + weight.square().sum()

    grads = copy.copy(weight.grad)
    with pytest.raises(ValueError, match=r"0\.weight: is read past the model"):
        trace(case.model, loss_fn, case.x, case.t)
    assert weight.grad is grads
