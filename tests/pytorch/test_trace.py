"""What is on the tape of a PyTorch model, and under which names."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="torch is not installed: pip install tui-backprop[pytorch]"
)

from tests.pytorch.models import CASES, convolutional, perceptron, transformer  # noqa: E402
from tui_backprop.pytorch import trace  # noqa: E402
from tui_backprop.tape_file import load_tape  # noqa: E402
from tui_backprop.walkthrough.derivation import derive  # noqa: E402
from tui_backprop.walkthrough.disagreement import compared  # noqa: E402
from tui_backprop.walkthrough.tape import Phase, Tape  # noqa: E402
from tui_backprop.walkthrough.words import words  # noqa: E402


def tape_of(name: str, **options: Any) -> Tape:
    torch.manual_seed(1)
    case = CASES[name]()
    optimizer = torch.optim.AdamW(case.model.parameters(), lr=0.01)
    return trace(case.model, case.loss_fn, case.x, case.t, optimizer, **options)


def test_a_perceptron_s_tape_reads_like_the_step_screen() -> None:
    case = perceptron()
    optimizer = torch.optim.SGD(case.model.parameters(), lr=0.1)
    tape = trace(case.model, case.loss_fn, case.x, case.t, optimizer)
    assert [(step.phase, step.title, step.output.label) for step in tape] == [
        (Phase.FORWARD, "0.forward", "0.out"),
        (Phase.FORWARD, "1.forward", "1.out"),
        (Phase.FORWARD, "2.forward", "2.out"),
        (Phase.LOSS, "cross_entropy.forward", "cross_entropy.log_softmax"),
        (Phase.LOSS, "cross_entropy.forward", "cross_entropy.nll_loss.N"),
        (Phase.LOSS, "cross_entropy.forward", "loss"),
        (Phase.BACKWARD, "cross_entropy.backward", "loss.dx"),
        (Phase.BACKWARD, "cross_entropy.backward", "dy"),
        (Phase.BACKWARD, "2.backward", "2.dx"),
        (Phase.BACKWARD, "2.backward", "d2.weight"),
        (Phase.BACKWARD, "2.backward", "d2.bias"),
        (Phase.BACKWARD, "1.backward", "1.dx"),
        (Phase.BACKWARD, "0.backward", "d0.weight"),
        (Phase.BACKWARD, "0.backward", "d0.bias"),
        (Phase.UPDATE, "SGD.update", "0.weight′"),
        (Phase.UPDATE, "SGD.update", "0.bias′"),
        (Phase.UPDATE, "SGD.update", "2.weight′"),
        (Phase.UPDATE, "SGD.update", "2.bias′"),
    ]
    assert tape.find("2.out").formula == "out = x · Wᵀ + b"
    assert tape.find("d2.weight").formula == "dW = doutᵀ · x"
    assert tape.find("0.weight′").formula == "W ← W − η g"
    assert [named.label for named in tape.find("0.out").inputs] == ["x", "0.weight", "0.bias"]


@pytest.mark.parametrize("name", CASES)
def test_every_operation_of_these_models_is_declared_and_agrees(name: str) -> None:
    tape = compared(tape_of(name))
    assert [step.operation.formula for step in tape if step.declared is None] == []
    assert tape.disagreement is None
    assert len({step.output.label for step in tape}) == len(tape)


@pytest.mark.parametrize("name", CASES)
def test_cells_derive_lead_to_where_they_were_made_and_have_words(name: str) -> None:
    tape, rng = tape_of(name), np.random.default_rng(0)
    for step in tape:
        for _ in range(4):
            index = tuple(int(rng.integers(size)) for size in step.output.array.shape)
            derived = derive(tape, step.number, index)
            assert derived.agrees or not math.isfinite(derived.shown), step.output.label
            assert words(tape, step.number, index).long
            for operand in [o for term in derived.terms for o in term.operands]:
                if operand.source is not None:
                    made = tape.step(operand.source.step).output.array[operand.source.index]
                    assert made == operand.value or np.isnan(made), (step.output.label, operand)


def test_modules_that_run_twice_and_blocks_are_told_apart() -> None:
    shared = torch.nn.ReLU()
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), shared, torch.nn.Linear(3, 3), shared)
    model.add_module("last", torch.nn.Linear(3, 2))
    tape = trace(model, lambda y, _: y.sum(), torch.randn(2, 3), None)
    labels = [step.output.label for step in tape if step.phase is Phase.FORWARD]
    assert labels == ["0.out", "1.out", "2.out", "1(2).out", "last.out"]
    assert "blocks.0.mlp.1.out" in [s.output.label for s in tape_of("transformer")]


def test_a_gradient_used_twice_is_a_sum_of_both() -> None:
    tape = tape_of("transformer")
    total = tape.find("dtokens.weight")
    assert [named.label for named in total.inputs if named.step] == ["head.dW", "tokens.dW"]


def test_only_modules_that_are_named() -> None:
    torch.manual_seed(1)
    case = transformer()
    tape = trace(case.model, case.loss_fn, case.x, case.t, modules=["blocks.0.mlp"])
    assert {step.layer for step in tape} == {"blocks.0.mlp.0", "blocks.0.mlp.1", "blocks.0.mlp.2"}
    assert "operations of other modules" in tape.left_out
    assert compared(tape).disagreement is None
    with pytest.raises(ValueError, match="no 'mlp'"):
        trace(case.model, case.loss_fn, case.x, case.t, modules=["mlp"])


def test_numbers_beyond_the_bound_are_left_out_and_said_so() -> None:
    tape = tape_of("convolutional", max_bytes=2000)
    left = [step for step in tape if step.output.missing]
    assert left
    assert "beyond max_bytes" in tape.left_out  # type: ignore[attr-defined]
    assert all(step.output.summary.norm >= 0 for step in left)
    kept = {
        id(n.array): n.array.nbytes for s in tape for n in (*s.inputs, s.output) if not n.missing
    }
    assert len(tape) == len(tape_of("convolutional"))
    assert sum(kept.values()) < 8000


@pytest.mark.parametrize("name", CASES)
def test_a_saved_tape_derives_without_torch(name: str, tmp_path: Path) -> None:
    tape = tape_of(name)
    tape.save(tmp_path / "batch.tape")  # type: ignore[attr-defined]
    again = load_tape(tmp_path / "batch.tape")
    rng = np.random.default_rng(0)
    for step, same in zip(tape, again, strict=True):
        assert same.operation == step.operation or same.declared is not None
        index = tuple(int(rng.integers(size)) for size in step.output.array.shape)
        before, after = derive(tape, step.number, index), derive(again, step.number, index)
        assert (after.terms, after.shown) == (before.terms, before.shown)


def test_what_is_not_declared_shows_its_numbers_and_says_so() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Softplus(), torch.nn.Linear(4, 2))
    tape = trace(model, lambda y, _: y.logsumexp(1).mean(), torch.randn(2, 3), None)
    softplus = tape.find("1.out")
    assert softplus.declared is None
    assert softplus.operation.formula == "out = aten.softplus(x)"
    assert np.allclose(softplus.output.array, np.log1p(np.exp(softplus.arrays["x"])), atol=1e-6)


def test_attention_is_within_rounding_of_what_the_model_computes() -> None:
    torch.manual_seed(1)
    case = transformer()
    tape = trace(case.model, case.loss_fn, case.x, case.t)
    case.plain_loss().backward()
    for key, parameter in case.model.named_parameters():
        made = tape.find(f"d{key}").output.array
        assert np.allclose(made, parameter.grad.numpy(), rtol=1e-4, atol=1e-6), key


def test_half_precision_under_autocast_is_traced_to_the_bit() -> None:
    torch.manual_seed(0)
    case = perceptron()
    with torch.autocast("cpu", torch.bfloat16):
        tape = trace(case.model, case.loss_fn, case.x, case.t)
        loss = case.plain_loss()
        loss.backward()
    for key, parameter in case.model.named_parameters():
        assert np.array_equal(tape.find(f"d{key}").output.array, parameter.grad.numpy())


def test_a_loss_that_is_none_is_refused() -> None:
    case = convolutional()
    with pytest.raises(ValueError, match=r"shape \(3, 4\); must be a tensor of one number"):
        trace(case.model, lambda y, _: y, case.x, case.t)
    with pytest.raises(ValueError, match="no gradient goes back"):
        trace(case.model, lambda y, _: y.detach().sum(), case.x, case.t)


def test_a_fused_step_is_within_rounding_and_said_so() -> None:
    torch.manual_seed(0)
    case = perceptron()
    optimizer = torch.optim.AdamW(case.model.parameters(), fused=True)
    assert trace(case.model, case.loss_fn, case.x, case.t).note == ""
    tape = trace(case.model, case.loss_fn, case.x, case.t, optimizer)
    assert "fused step may round otherwise" in tape.note
    case.plain_loss().backward()
    optimizer.step()
    for key, parameter in case.model.named_parameters():
        made = tape.find(f"{key}′").output.array
        assert np.allclose(made, parameter.detach().numpy(), rtol=1e-6, atol=1e-7)


def test_what_a_mask_leaves_out_is_no_number_that_went_wrong() -> None:
    tape = tape_of("transformer")
    masked = [step for step in tape if np.isneginf(step.output.array).any()]
    assert masked
    assert tape.first_non_finite is None
    for step in masked:
        assert "not finite" not in words(tape, step.number, (0,) * step.output.array.ndim).long
